"""Locks between processes that the system releases when their process ends, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Wait until no other process holds this folder, and hold it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def try_lock(path: Path) -> int | None:
    """Lock a file, made if absent; ``None`` when someone living holds it.

    Returns:
        A descriptor that holds the lock until it is closed.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


class JournalLock:
    """Optuna's lock around each line that it appends to a journal.

    Its own lock is a file that a killed process leaves behind; this one is not, and whoever
    takes it removes a last line that a killed process did not finish.
    """

    def __init__(self, journal: Path) -> None:
        self._journal = journal

    def acquire(self) -> bool:
        """Wait for the lock."""
        self._descriptor = os.open(self._journal, os.O_RDWR | os.O_CREAT, 0o644)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        size = os.fstat(self._descriptor).st_size
        if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
            os.ftruncate(self._descriptor, self._journal.read_bytes().rfind(b"\n") + 1)
        return True

    def release(self) -> None:
        """Give the lock up."""
        os.close(self._descriptor)
