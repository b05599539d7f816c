"""Data Integrity proofs and those from before it, one file a cryptosuite."""
