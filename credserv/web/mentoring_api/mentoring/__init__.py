"""The API of sessions, cohorts and the supply of mentors."""
