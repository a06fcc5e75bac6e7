"""Scores of a system against gold."""
