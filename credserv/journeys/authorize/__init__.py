"""An app asks to be let into somebody's wallet (OAuth 2, docs/adr/0025)."""
