"""Status lists and their indexes."""
