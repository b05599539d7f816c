"""What people take to other services and bring along."""
