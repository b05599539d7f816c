"""The API of clients with a key."""
