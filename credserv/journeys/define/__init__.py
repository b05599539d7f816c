"""What can be earned."""
