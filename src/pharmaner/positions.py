"""How many pieces an encoder can read at once."""

from pharmaner.errors import RecipeError

_PADDED = frozenset(
    "camembert data2vec-text esm ibert longformer mpnet roberta roberta-prelayernorm xlm-roberta "
    "xlm-roberta-xl xmod".split()
)
"""Model types whose first position comes after the padding index."""


def check_window(
    model_type: str, positions: int | None, pad_id: int, window: int, key: str = "text.window"
) -> None:
    """Check that an encoder can read windows of so many pieces.

    Args:
        model_type: the encoder's family, as transformers name it.
        positions: how many it has, padding's among them; ``None``: as many as one likes.
        pad_id: the vocabulary index of padding.
        window: the pieces of a window.
        key: the recipe's key that says so.

    Raises:
        RecipeError: when a window is longer than the encoder's positions.
    """
    if positions is None:
        return
    if model_type in _PADDED:
        positions -= pad_id + 1
    if window > positions:
        raise RecipeError(
            f"{key}: {window} pieces; the encoder has {positions} positions, up to that "
            "many are accepted"
        )
