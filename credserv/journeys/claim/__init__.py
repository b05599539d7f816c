"""Turn an award into copies for wallet apps, each bound to a key of the person."""
