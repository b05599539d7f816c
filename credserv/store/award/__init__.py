"""Orders, events and observations, and the credentials that come of them."""
