"""Turn events and orders into credentials."""
