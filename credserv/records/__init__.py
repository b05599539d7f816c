"""The values that the store takes and returns, one file per kind. Frozen; instants are aware UTC.

They sit below the store, so that naming a value does not need the database.
"""
