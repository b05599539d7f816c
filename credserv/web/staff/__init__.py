"""How colleagues come into the console by accounts at their organisation's provider; its fourth room."""
