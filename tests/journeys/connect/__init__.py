"""Learning systems and receivers of webhooks are connected."""
