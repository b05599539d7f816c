"""Present: show what a person holds to a verifier, by a wallet protocol."""
