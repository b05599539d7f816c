"""The migrations of the database, run by credserv/store/schema.py."""
