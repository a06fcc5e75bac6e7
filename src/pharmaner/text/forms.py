"""Words as they are compared."""

import unicodedata


def fold(form: str) -> str:
    """A word without case and accents."""
    if form.isascii():
        return form.lower()
    decomposed = unicodedata.normalize("NFD", form.lower())
    return "".join(char for char in decomposed if not unicodedata.combining(char))
