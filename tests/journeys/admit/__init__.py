"""Who comes in: people, colleagues, directories and programs."""
