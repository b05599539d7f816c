"""Finding a mentor, mentors' offers, sessions, and the register."""
