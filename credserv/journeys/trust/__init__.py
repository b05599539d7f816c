"""Whom this service trusts."""
