"""What anyone may fetch: lists, DID documents, logs."""
