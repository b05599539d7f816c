"""Accreditation as pure rules: programmes, the standing of an accreditation, entitlement, audits."""
