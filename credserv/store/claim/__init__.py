"""Credentials on their way into wallet apps."""
