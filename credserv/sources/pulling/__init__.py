"""Fetching from other systems on a schedule: messages lost on the way, or a file they offer."""
