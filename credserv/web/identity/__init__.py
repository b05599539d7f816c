"""How people sign in: addresses, passkeys, joined wallets, and confirming their identity."""
