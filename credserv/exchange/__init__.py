"""The messages of wallet protocols, as values: read and built, never stored or sent."""
