"""Lists of trusted issuers, as values."""
