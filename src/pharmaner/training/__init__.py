"""Annotated documents to a model folder."""
