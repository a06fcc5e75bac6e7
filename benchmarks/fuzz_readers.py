"""Broken files for every reader: only our own errors may come out. One seed, one run.

python benchmarks/fuzz_readers.py --cases 100000 --seed 0

Each case writes documents in a format, breaks the file (bytes, lines, JSON values, what a DocBin
packs), reads it, and now and then converts what was read to another format.
"""

import argparse
import copy
import io
import json
import random
import re
import resource
import tempfile
import time
import traceback
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
from pyarrow import parquet
from srsly import msgpack

from pharmaner.corpora.formats.reading import read_found
from pharmaner.corpora.formats.source import Source
from pharmaner.corpora.formats.table import FORMATS, Format
from pharmaner.document import Attachment, Document, Mention, Span
from pharmaner.errors import PharmanerError

TEXT = "Toma litio 5mg.\nControl de ferritina\r\n y ácido fólico 😀 (anti-CD20)."
DOCUMENTS = [
    Document(
        "note-1",
        TEXT,
        (
            Mention((Span(5, 10),), "DRUG", "T1", 0.5, codes=("ATC:N05", "B")),
            Mention((Span(27, 36), Span(41, 46)), "PROTEIN", "T2"),
            Mention((Span(41, 53),), "DRUG", "T3", quotation="acido"),
            Mention((Span(41, 46),), "PART", "T4"),
        ),
        (Attachment("#1\tAnnotatorNotes T1\tsal", 1), Attachment("R1\tOf Arg1:T1 Arg2:T2", 4)),
        {"age": "45", "ward": "3"},
    ),
    Document("note-2", "Sin nada"),
    Document("note-3", ""),
]
TOKENS = [
    *(
        b"\x00",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"\xff",
        b"\r",
        b"\n",
        b"\t",
        b"\x1c",
        b"\xc2\x85",
    ),
    *(b"9" * 30, b"9" * 5000, b"-1", b"NaN", b"1e999", b"\\ud800", b"null", b"[" * 3000, b'{"a":'),
    *(b"../../x", b"CON", b"|t|", b"-DOCSTART- ", b"B-", b"\tB-X", b";", b'"', b",", b"<", b"&a;"),
    *(b"<document>", b"]]>", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", "\u2028\u202e\ufffe".encode()),
]
VALUES: list[Any] = [
    *(None, True, -1, 0, 3, 10**30, 0.5, 1e300, "", "x", "\x00", "\ud800", "../..", "a\tb\nc"),
    *([], {}, [[]], [1, 2], [[1, 2, "X"]], {"start": 1, "end": 2, "label": "X"}, "9" * 5000),
]


SIMPLE: list[Any] = [None, True, -1, 3, 10**15, 0.5, "", "x", b"", b"\x00" * 9, [], {}, [1], ["a"]]


def seeds(folder: Path) -> dict[str, bytes]:
    """The documents as every format but brat writes them."""
    written = {}
    for form in FORMATS.values():
        if not form.is_folder:
            path = folder / f"seed{form.suffixes[0]}"
            form.write([form.fit(document)[0] for document in DOCUMENTS], path)
            written[form.name] = path.read_bytes()
    return written


def broken(content: bytes, form: Format, draw: random.Random) -> bytes:
    """A file made from a good one."""
    kind = draw.random()
    if form.name in _INSIDE and kind < 0.6:
        return _INSIDE[form.name](content, draw)
    if form.suffixes[0] in {".json", ".jsonl"} and kind < 0.7:
        return _broken_json(content, draw)
    if kind < 0.85:
        return _broken_bytes(content, draw)
    lines = content.split(b"\n")
    draw.shuffle(lines)
    return b"\n".join(lines[: draw.randint(0, len(lines))] * draw.randint(1, 2))


def _broken_docbin(content: bytes, draw: random.Random) -> bytes:
    """A DocBin whose msgpack is well formed and whose values are not."""
    message = msgpack.loads(zlib.decompress(content), raw=False)
    for _ in range(draw.choice([1, 1, 2])):
        key = draw.choice(list(message))
        held = message[key]
        if isinstance(held, bytes) and draw.random() < 0.8:
            message[key] = _broken_bytes(held, draw)
        elif isinstance(held, list) and held and draw.random() < 0.8:
            place = draw.randrange(len(held))
            inside = isinstance(held[place], bytes)
            held[place] = _broken_bytes(held[place], draw) if inside else _fresh(SIMPLE, draw)
        else:
            message[key] = _fresh(SIMPLE, draw)
    return zlib.compress(msgpack.dumps(message, use_bin_type=True), 1)


def _broken_xml(content: bytes, draw: random.Random) -> bytes:
    """Well-formed XML with other texts, attributes and elements."""
    text = content.decode()
    for _ in range(draw.choice([1, 1, 2, 4])):
        place = draw.choice(
            [*re.finditer(r'(?<=>)[^<>]+(?=<)|(?<=")[^"<>]*(?=")|<text>|<id>', text)]
        )
        held = draw.choice(["", "-1", "7", "9" * 30, "x", "&#13;", "&lt;", "2", "\u2028", "&#9;"])
        held = draw.choice(["<document/>", "<text/>", "<a>"]) if place[0].startswith("<") else held
        text = text[: place.start()] + held + text[place.end() :]
    return text.encode()


def _broken_parquet(content: bytes, draw: random.Random) -> bytes:
    """A sound Parquet file with other cells and columns."""
    columns = parquet.read_table(io.BytesIO(content)).to_pydict()
    for _ in range(draw.choice([1, 2, 3])):
        name = draw.choice(list(columns))
        places = range(len(columns[name]))
        token = draw.choice(TOKENS).decode("utf-8", "ignore")
        others = [None, token, f'[{{"start": 0, "end": 1, "label": {token}}}]']
        numbers = [draw.choice([None, 1, 10**12]) for _ in places]
        cells = [draw.choice([columns[name][place], *others]) for place in places]
        cells = [cell if cell is None else str(cell) for cell in cells]
        columns[draw.choice([name, name, token])] = draw.choice([cells, cells, numbers])
    written = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), written)
    return written.getvalue()


def _broken_bytes(content: bytes, draw: random.Random) -> bytes:
    held = bytearray(content)
    for _ in range(draw.choice([1, 1, 2, 4, 8])):
        place = draw.randint(0, len(held))
        what = draw.random()
        if what < 0.3 and place < len(held):
            held[place] = draw.randrange(256)
        elif what < 0.6:
            held[place:place] = draw.choice(TOKENS)
        elif what < 0.8:
            del held[place : place + draw.choice([1, 1, 2, 10, 100])]
        elif what < 0.9:
            held[place:place] = held[place : place + draw.randint(1, 60)]
        else:
            del held[place:]
    return bytes(held)


def _broken_json(content: bytes, draw: random.Random) -> bytes:
    is_lines = content.startswith(b'{"id"')
    value = [json.loads(line) for line in content.splitlines()] if is_lines else json.loads(content)
    for _ in range(draw.choice([1, 1, 2, 3])):
        holders = list(_holders(value))
        holder = draw.choice(holders)
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not keys:
            continue
        key = draw.choice(keys)
        if draw.random() < 0.15:
            del holder[key]
        else:
            holder[key] = _fresh([*VALUES, draw.choice(holders)], draw)
    if is_lines:
        return "\n".join(map(json.dumps, value)).encode()
    return json.dumps(value).encode()


def _fresh(values: list[Any], draw: random.Random) -> Any:
    """One of the values, a copy: what it holds may be broken, too."""
    return copy.deepcopy(draw.choice(values))


def _holders(value: Any) -> Any:
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _holders(inner)


_INSIDE: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "docbin": _broken_docbin,
    "bioc-xml": _broken_xml,
    "parquet": _broken_parquet,
}


def read_case(path: Path, form: Format | None, target: Format | None) -> str:
    """Read a file, and convert what it holds; says how that went."""
    try:
        documents = [d for d, _ in read_found(Source(path), form) if d is not None]
        if target is not None:
            written = path.with_name("converted")
            if target.is_folder:
                return "converted" if [target.fit(d) for d in documents] else "empty"
            target.write([target.fit(document)[0] for document in documents], written)
            list(target.read(Source(written)))
            return "converted"
    except PharmanerError as error:
        if "\n" in str(error) or len(str(error)) > 2000:
            raise AssertionError(f"not one short line: {str(error)[:300]!r}") from error
        return "refused"
    return "read" if documents else "empty"


def main() -> None:
    """Run the cases; print counts by format, the slowest case and every foreign error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--format", action="append", choices=[*FORMATS])
    options = parser.parse_args()
    draw = random.Random(options.seed)
    outcomes: dict[str, Counter[str]] = {}
    foreign: Counter[str] = Counter()
    slowest = (0.0, "")
    with tempfile.TemporaryDirectory() as root:
        good = seeds(Path(root))
        names = [name for name in good if name in (options.format or good)] + ["brat"]
        names = names if not options.format else options.format
        for case in range(options.cases):
            if case and case % 10_000 == 0:
                print(f"{case} cases, {sum(foreign.values())} foreign errors", flush=True)
            name = names[case % len(names)]
            form = FORMATS[name]
            folder = Path(root) / "case"
            folder.mkdir(exist_ok=True)
            path = folder / f"case{form.suffixes[0]}" if form.suffixes else folder
            if form.is_folder:
                for suffix in (".txt", ".ann"):
                    content = (TEXT if suffix == ".txt" else ANNOTATIONS).encode()
                    held = _broken_bytes(content, draw) if draw.random() < 0.7 else content
                    (folder / f"case{suffix}").write_bytes(held)
            else:
                path.write_bytes(broken(good[name], form, draw))
            target = FORMATS[draw.choice(names)] if draw.random() < 0.2 else None
            started = time.process_time()
            try:
                outcome = read_case(path, form if draw.random() < 0.9 else None, target)
            except Exception as error:
                outcome = "FOREIGN"
                place = traceback.extract_tb(error.__traceback__)[-1]
                where = (
                    f"{name}: {type(error).__name__} at {Path(place.filename).name}:{place.lineno}"
                )
                if where not in foreign:
                    print(where, str(error)[:200], flush=True)
                    kept = Path(tempfile.gettempdir()) / f"fuzz-{name}-{case}"
                    print("  kept as", kept, flush=True)
                    if path.is_file():
                        kept.write_bytes(path.read_bytes())
                foreign[where] += 1
            slowest = max(slowest, (time.process_time() - started, f"{name} {case}"))
            outcomes.setdefault(name, Counter())[outcome] += 1
            for file in folder.iterdir():
                file.unlink()
    for name, counts in outcomes.items():
        print(f"{name}: {sum(counts.values())} cases, {dict(counts.most_common())}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{options.cases} cases, {sum(foreign.values())} foreign errors in {len(foreign)} places")
    print(f"slowest {slowest[0]:.2f} s of processor ({slowest[1]}), peak {memory:.0f} MiB")
    raise SystemExit(bool(foreign))


ANNOTATIONS = (
    "T1\tDRUG 5 10\tlitio\n#1\tAnnotatorNotes T1\tsal\nT2\tPROTEIN 27 36;41 46\tferritina ácido\n"
    "N1\tReference T1 ATC:N05\tlitio\n#2\tScore T1\t0.5\nR1\tOf Arg1:T1 Arg2:T2\n"
)

if __name__ == "__main__":
    main()
