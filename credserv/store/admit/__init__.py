"""People, members and colleagues, and how they sign in."""
