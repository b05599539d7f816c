"""What holders do with their credentials."""
