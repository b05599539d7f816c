"""A person holds badges, shares them, and declines or erases them."""
