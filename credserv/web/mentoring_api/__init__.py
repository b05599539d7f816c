"""The API of accreditation, mentoring and outcomes, for clients with a key."""
