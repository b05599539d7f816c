"""Apps that people let into their wallets."""
