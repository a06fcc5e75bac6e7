"""One thread makes the next item, one makes something of the last, and the caller works between."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


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


def work_behind(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """What is made of each item, in order, by another thread while the caller's makes the next.

    What the iterable or the work raises is raised here, in its place.
    """
    with ThreadPoolExecutor(1, "work-behind") as thread:
        unfinished: Future[Result] | None = None
        for begun in _begun(thread, work, items):
            if unfinished:
                yield unfinished.result()
            unfinished = begun
        if unfinished:
            yield unfinished.result()


def _begun(
    thread: ThreadPoolExecutor, work: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[Future[Result]]:
    """The work on each item; an error of the iterable is what the last one results in."""
    try:
        for item in items:
            yield thread.submit(work, item)
    except Exception as error:
        failed: Future[Result] = Future()
        failed.set_exception(error)
        yield failed
