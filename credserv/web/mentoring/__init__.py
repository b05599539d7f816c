"""Pages of mentors, mentees, volunteers and endorsers."""
