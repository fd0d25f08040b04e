"""Experiments on real data (the comparison of weighting regimes); none has landed yet."""
