"""Transfer: what a person brings from elsewhere, and takes away."""
