"""A person brings badges from elsewhere and takes theirs away."""
