"""A badge in another format, for another wallet."""
