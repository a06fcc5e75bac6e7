"""Texts to mentions with some backend, without torch."""
