"""The one client that reads documents of others."""
