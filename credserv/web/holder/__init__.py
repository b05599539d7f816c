"""The holders' pages."""
