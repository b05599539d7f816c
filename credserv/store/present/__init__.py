"""What verifiers ask wallets to show."""
