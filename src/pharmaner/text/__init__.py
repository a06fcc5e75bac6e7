"""Words, sentences, pieces, windows, alignment: pure functions on text."""
