"""The ledger: every claim of the sources, checked, with its evidence and its negative control."""
