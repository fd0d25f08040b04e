"""Definitions and closed forms of the papers: pure functions and frozen dataclasses."""
