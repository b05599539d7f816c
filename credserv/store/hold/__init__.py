"""What people hold and show, and what they agreed to."""
