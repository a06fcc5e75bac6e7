"""Formats of annotated corpora: one file a format, one table of them, each to and from Document."""
