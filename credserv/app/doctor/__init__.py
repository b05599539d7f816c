"""`credserv doctor`: everything of an installation that is looked at, and for each fault what mends it."""
