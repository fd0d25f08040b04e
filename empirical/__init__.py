"""Experiments: learning agents and bandits; the comparison on real images has not landed yet."""
