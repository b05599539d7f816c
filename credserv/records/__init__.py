"""The values that the store gives and takes, a file a wing. Frozen; instants are aware UTC.

They stand below the store, so that nobody needs the database to name a value.
"""
