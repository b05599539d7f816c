"""Mentoring, applications and accreditations."""
