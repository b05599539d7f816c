"""How people sign in: their addresses, passkeys, wallets that are joined, and the proof that it is them."""
