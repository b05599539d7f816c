"""Data Integrity proofs and their predecessors, one file for each cryptosuite."""
