"""The API of accreditation and mentoring, for clients with a key."""
