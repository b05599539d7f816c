"""An app asks for access to somebody's wallet (OAuth 2, docs/adr/0025)."""
