"""`./dev prove`: the long proofs, each of which prints its ledger. Small forms of them are ordinary tests."""
