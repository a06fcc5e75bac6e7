"""The run log: one JSON record a line for each epoch, while a listener hears everything."""

import json
from pathlib import Path
from typing import Any

from pharmaner.storage import write_text
from pharmaner.training.loop import Listener


def read_records(path: Path) -> list[dict[str, Any]]:
    """The records of a run log."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class RunLog:
    """Writes the records of epochs and passes everything on to a listener.

    A record of an epoch that is trained again after an interruption replaces the earlier one.
    """

    def __init__(self, path: Path, listener: Listener | None) -> None:
        self.path = path
        self._listener = listener
        self._records = read_records(path) if path.is_file() else []
        self._write()

    def surface_passed(self, passes: int, most: int) -> None:
        """See ``Listener``."""
        if self._listener:
            self._listener.surface_passed(passes, most)

    def begins(self, steps: int, done: int) -> None:
        """See ``Listener``."""
        self._records = [record for record in self._records if record["step"] <= done]
        self._write()
        if self._listener:
            self._listener.begins(steps, done)

    def stepped(self, step: int, loss: float) -> None:
        """See ``Listener``."""
        if self._listener:
            self._listener.stepped(step, loss)

    def epoch_ended(self, record: dict[str, Any]) -> None:
        """See ``Listener``."""
        self._records.append(record)
        self._write()
        if self._listener:
            self._listener.epoch_ended(record)

    def _write(self) -> None:
        lines = (json.dumps(record, ensure_ascii=False) for record in self._records)
        write_text(self.path, "".join(f"{line}\n" for line in lines))
