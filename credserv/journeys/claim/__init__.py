"""Make an award into copies that wallets hold, each bound to a key of the person."""
