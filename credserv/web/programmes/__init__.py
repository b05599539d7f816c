"""The console of accreditation: programmes, cases, audits, figures."""
