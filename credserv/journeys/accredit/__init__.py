"""Accredit: programmes, applications, decisions about them, audits and appeals."""
