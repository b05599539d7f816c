"""Keys, and the issuers for conformance suites."""
