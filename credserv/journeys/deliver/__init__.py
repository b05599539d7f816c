"""Deliver: letters to people, and webhooks to systems."""
