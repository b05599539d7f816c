"""The verify page and its API."""
