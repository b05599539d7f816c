"""Accreditation, as pure rules: programmes, how an accreditation stands, who is entitled, what is drawn."""
