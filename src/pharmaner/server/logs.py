"""Logging that cannot show a text: sizes, times and places in the program only."""

import logging
import sys
import traceback

logger = logging.getLogger("pharmaner.server")


class _Formatter(logging.Formatter):
    """Our own lines as they are; of anybody else's only where in the program they come from.

    Messages of other libraries, and of exceptions, may quote what they were given.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        message, arguments = record.msg, record.args
        if record.name != logger.name:
            place = f"{record.name} at {record.module}:{record.lineno}"
            message, arguments = f"{place}, message withheld", ()
        attributes = {**vars(record), "msg": message, "args": arguments}
        for name in ("exc_info", "exc_text", "stack_info"):
            attributes[name] = None
        return super().format(logging.makeLogRecord(attributes))


def set_up(level: str) -> None:
    """Send every log of this process through a formatter that withholds foreign messages."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(True)
    logger.setLevel(level.upper())


def log_failure(what: str, error: BaseException) -> None:
    """Log an exception as its type and the program's lines that it came through."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames[-8:]))
    logger.error("%s: %s at %s", what, type(error).__name__, places)
