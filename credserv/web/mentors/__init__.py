"""Finding a mentor, what mentors offer, sessions, and the register."""
