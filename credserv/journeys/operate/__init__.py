"""What an operator and an administrator see of the service as a whole."""
