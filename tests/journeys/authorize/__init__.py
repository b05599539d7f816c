"""An app is let into somebody's wallet."""
