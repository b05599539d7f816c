"""Show what a person holds to who asks for it, by a wallet protocol."""
