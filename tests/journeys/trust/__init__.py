"""Lists of trusted issuers."""
