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

    A result comes once the next item is made. What the iterable or the work raises is raised here,
    in its place; what is not begun by then, or when the caller stops early, is not done.
    """
    with ThreadPoolExecutor(1, "work-behind") as thread:
        try:
            unfinished: Future[Result] | None = None
            for begun in _begun(thread, work, items):
                if unfinished:
                    yield unfinished.result()
                unfinished = begun
            if unfinished:
                yield unfinished.result()
        finally:
            thread.shutdown(cancel_futures=True)


def _begun(
    thread: ThreadPoolExecutor, work: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[Future[Result]]:
    """The work on each item; an error of the iterable, or Ctrl-C, is what the last results in."""
    try:
        for item in items:
            yield thread.submit(work, item)
    except (Exception, KeyboardInterrupt) as error:
        failed: Future[Result] = Future()
        failed.set_exception(error)
        yield failed
