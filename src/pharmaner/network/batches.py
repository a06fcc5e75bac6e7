"""Windows of like length in batches of a bounded size."""

from collections.abc import Iterable, Sequence


def fill_batches(
    places: Iterable[int], lengths: Sequence[int], sequences: int, pieces: int
) -> list[list[int]]:
    """Windows, sorted by length, cut into batches.

    Args:
        places: of the windows, the shortest first.
        lengths: the windows' lengths in pieces, by place.
        sequences: how many windows a batch holds (the last may hold fewer), or 0.
        pieces: how many pieces, padding included, a batch may hold where ``sequences`` is 0; a
            window that is longer by itself makes a batch of its own.

    Returns:
        Places, batch by batch.
    """
    batches: list[list[int]] = []
    for place in places:
        size = len(batches[-1]) + 1 if batches else 0
        fits = size <= sequences if sequences else size * lengths[place] <= pieces
        if batches and fits:
            batches[-1].append(place)
        else:
            batches.append([place])
    return batches
