"""How colleagues sign in to the console with accounts at their provider; the console's fourth room."""
