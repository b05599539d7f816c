"""Signed tokens: JWT, SD-JWT, COSE, and the envelopes around them."""
