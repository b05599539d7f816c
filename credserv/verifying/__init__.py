"""Verifying credentials, presentations and badges of Open Badges 2.0."""
