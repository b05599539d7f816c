"""What the recipe checks, one file a check."""
