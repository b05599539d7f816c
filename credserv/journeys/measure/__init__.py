"""Measure what became of people and their work."""
