"""Check whether a credential is valid, and for whom."""
