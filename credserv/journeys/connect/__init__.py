"""Which learning systems send events."""
