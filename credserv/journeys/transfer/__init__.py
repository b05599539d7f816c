"""Transfer: what people bring from elsewhere, and take away."""
