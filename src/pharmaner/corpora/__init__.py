"""Annotated corpora: one file a format, and what an import found and lost."""
