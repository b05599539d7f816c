"""What is sent to people: mail."""
