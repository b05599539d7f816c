"""What a holder does with their credentials."""
