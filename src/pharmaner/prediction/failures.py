"""A document that fails is told of, and the others are done."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from pharmaner.document import Document
from pharmaner.errors import PharmanerError

OnFailure = Callable[[str, Exception], object]
"""Is told the id of a document that failed, and why; it may be called by another thread."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def all_or_each(
    work: Callable[[Sequence[Item]], list[Result]],
    items: Sequence[Item],
    document_of: Callable[[Item], Document],
    on_failure: OnFailure | None,
) -> list[Result]:
    """What is made of all items together; after a failure of each alone, failures reported."""
    try:
        return work(items)
    except Exception as error:
        if len(items) == 1:
            report(document_of(items[0]), error, on_failure)
            return []
        if on_failure is None:
            raise
    return [
        result for item in items for result in all_or_each(work, [item], document_of, on_failure)
    ]


def report(document: Document, error: Exception, on_failure: OnFailure | None) -> None:
    """Tell of a document that failed, or raise its error where nobody is to be told."""
    if isinstance(error, PharmanerError):
        error = type(error)(f"{document.id}: {error}")
    if on_failure is None:
        raise error
    on_failure(document.id, error)
