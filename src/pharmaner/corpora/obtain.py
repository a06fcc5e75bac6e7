"""``obtain``: a published corpus, downloaded or from a file, verified and unpacked.

OUTPUT                what the archive holds
OUTPUT.lock.json      the archive's hash; what is obtained there later must be the same
OUTPUT.download.zip   the archive, while it is not yet unpacked
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pharmaner.corpora.archive import unpack
from pharmaner.corpora.catalogue import PublishedCorpus
from pharmaner.corpora.download import Progress, download
from pharmaner.errors import CorpusError, OutputError
from pharmaner.storage import refuse_occupied, sha256, whole_folder, write_text


@dataclass(frozen=True, slots=True)
class Obtained:
    """An unpacked corpus.

    ``vouched_by`` says what the hash was compared with: ``catalogue``, ``lock``, or ``nobody``
    when it was the first download and is recorded now. ``annotated`` are the folders that hold
    annotation files, and how many.
    """

    folder: Path
    files: int
    sha256: str
    vouched_by: str
    annotated: dict[Path, int]


def obtain(
    corpus: PublishedCorpus,
    output: Path,
    from_file: Path | None = None,
    progress: Progress | None = None,
) -> Obtained:
    """Download a corpus, or take its archive from a file, and unpack it.

    Args:
        corpus: which one.
        output: the folder to write; must not exist or be empty.
        from_file: the archive, where it was brought to this machine otherwise.
        progress: is told the bytes there are and their total.

    Raises:
        CorpusError: when it cannot be had, or is not what the catalogue or the lock vouches for.
        OutputError: when the output cannot be written to.
    """
    refuse_occupied(output)
    lock = output.with_name(f"{output.name}.lock.json")
    expected, vouched_by = _expected(corpus, lock)
    archive = from_file or output.with_name(f"{output.name}.download.zip")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        if from_file is None and not archive.is_file():
            download(corpus.address, archive, progress)
        found = _hash(archive)
        if expected not in (None, found):
            if from_file is None:
                archive.unlink()
            raise CorpusError(
                f"{archive}: has SHA-256 {found}; the {vouched_by} vouches for {expected}"
            )
        with whole_folder(output) as folder:
            files = unpack(archive, folder)
        record = {"corpus": corpus.name, "address": corpus.address, "sha256": found}
        write_text(lock, json.dumps(record, indent=1) + "\n")
        if from_file is None:
            archive.unlink()
    except OSError as error:
        raise OutputError(f"{output}: cannot be written: {error.strerror}") from error
    return Obtained(output, files, found, vouched_by, _annotated(output))


def _expected(corpus: PublishedCorpus, lock: Path) -> tuple[str | None, str]:
    if corpus.sha256:
        return corpus.sha256, "catalogue"
    try:
        record: dict[str, Any] = json.loads(lock.read_text(encoding="utf-8"))
        return str(record["sha256"]), "lock"
    except FileNotFoundError:
        return None, "nobody"
    except (OSError, ValueError, KeyError, TypeError):
        raise CorpusError(f"{lock}: is no lock file; remove it to record the hash anew") from None


def _hash(archive: Path) -> str:
    try:
        return sha256(archive)
    except OSError as error:
        raise CorpusError(f"{archive}: cannot be read: {error.strerror}") from None


def _annotated(folder: Path) -> dict[Path, int]:
    counts: dict[Path, int] = {}
    for file in sorted(folder.rglob("*.ann")):
        counts[file.parent] = counts.get(file.parent, 0) + 1
    return counts
