"""Credentials are verified, in every form and by every way."""
