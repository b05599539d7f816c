"""One adapter per LMS dialect, each reading a message into observations; and the mappings of sources."""
