"""Achievements, frameworks, pathways and rules are defined."""
