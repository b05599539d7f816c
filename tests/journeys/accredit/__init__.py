"""Mentors are endorsed, assessed, accredited and audited."""
