"""Words as they are compared."""

import unicodedata


def fold(form: str) -> str:
    """A word without case and accents."""
    decomposed = unicodedata.normalize("NFD", form.lower())
    return "".join(char for char in decomposed if not unicodedata.combining(char))
