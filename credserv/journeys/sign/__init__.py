"""Signing what an API client hands in."""
