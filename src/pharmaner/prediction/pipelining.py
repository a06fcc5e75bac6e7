"""The next item is made while the last one is used."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def read_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The items of an iterator, of which another thread asks for one more than was taken.

    What the iterator raises is raised here, in its place. When the caller stops early, the thread
    finishes the item at hand and ends.
    """
    nothing_left = object()
    with ThreadPoolExecutor(1, "read-ahead") as thread:
        upcoming = thread.submit(next, items, nothing_left)
        while (item := upcoming.result()) is not nothing_left:
            upcoming = thread.submit(next, items, nothing_left)
            yield item  # type: ignore[misc]
