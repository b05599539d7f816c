"""The verifying recipe."""
