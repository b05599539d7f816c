"""Sign what an API client hands in."""
