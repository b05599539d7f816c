"""The API for clients with a key."""
