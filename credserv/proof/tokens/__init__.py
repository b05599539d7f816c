"""Signed tokens: JWT, SD-JWT, COSE and what wraps them."""
