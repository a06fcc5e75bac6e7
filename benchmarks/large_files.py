"""How long, and with how much memory, each reader takes a line of 100 MB and 100,000 mentions.

python benchmarks/large_files.py

Each case is a process of its own; processor seconds and peak memory are those of reading alone (the
memory with Python, and with pyarrow or spaCy where the format needs them).
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pharmaner.corpora.formats.source import Source
from pharmaner.corpora.formats.table import FORMATS
from pharmaner.document import Document, Mention

LINE = 100_000_000
MENTIONS = 100_000


def make(name: str, case: str, path: Path) -> None:
    """Write the file of a case."""
    if case == "line":
        text = "litio " * (LINE // 6)
        if name == "conll":
            path.write_text("l" * LINE + "\tB-X\n")
            return
        document = Document("a", text, (Mention.at(0, 5, "X"),))
    else:
        text = "ab " * MENTIONS
        mentions = tuple(Mention.at(3 * n, 3 * n + 2, "X") for n in range(MENTIONS))
        document = Document("a", text, mentions)
    FORMATS[name].write([FORMATS[name].fit(document)[0]], path)


def read(name: str, path: Path) -> None:
    """Read a file and print what that took."""
    started = time.process_time()
    ((document, problems),) = FORMATS[name].read(Source(path))
    seconds = time.process_time() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert document is not None
    assert not problems
    size = path.stat().st_size / 1e6
    found = f"{len(document.text) / 1e6:.1f} M code points, {len(document.mentions)} mentions"
    print(f"| {name} | {size:.0f} MB | {found} | {seconds:.1f} s | {memory:.0f} MiB |", flush=True)


def main() -> None:
    """Print a line of a Markdown table for each format and case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--make", nargs=3)
    parser.add_argument("--read", nargs=2)
    options = parser.parse_args()
    if options.make:
        make(options.make[0], options.make[1], Path(options.make[2]))
        return
    if options.read:
        read(options.read[0], Path(options.read[1]))
        return
    for case in ("mentions", "line"):
        for name, form in FORMATS.items():
            if form.is_folder or (case == "line" and name == "docbin"):
                continue
            with tempfile.TemporaryDirectory() as root:
                path = str(Path(root) / f"case{form.suffixes[0]}")
                script = [sys.executable, __file__]
                subprocess.run([*script, "--make", name, case, path], check=True)
                subprocess.run([*script, "--read", name, path], check=True)


if __name__ == "__main__":
    main()
