"""What operators and administrators see of the service as a whole."""
