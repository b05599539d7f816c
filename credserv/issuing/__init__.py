"""The issuing recipe."""
