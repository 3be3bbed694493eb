"""Scores: pure functions on arrays, which know no model."""
