"""Status lists of three kinds, as values."""
