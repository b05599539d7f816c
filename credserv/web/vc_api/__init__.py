"""W3C VC-API."""
