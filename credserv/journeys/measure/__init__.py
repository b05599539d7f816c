"""What a person comes for here: to know what became of people and their work."""
