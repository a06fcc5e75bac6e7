"""Documents shown to people: JSON lines, terminal, HTML."""
