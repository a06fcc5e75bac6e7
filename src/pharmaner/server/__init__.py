"""A trained tagger behind HTTP: small files around one queue and one thread that predicts."""
