"""Endpoints for wallet apps: OpenID4VCI, OpenID4VP, exchanges, and the Open Badges API."""
