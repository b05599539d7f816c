"""Where learning systems send events."""
