"""Accredit mentors: programmes, applications, decisions, audits and appeals."""
