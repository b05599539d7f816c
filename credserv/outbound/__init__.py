"""What goes out to people: mail."""
