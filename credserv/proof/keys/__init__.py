"""Keys and the verification methods that name them."""
