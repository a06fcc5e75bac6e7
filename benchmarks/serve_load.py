"""The service under load on the loopback, with and without batching across clients.

python benchmarks/serve_load.py --model DIR [--requests 640] [--soak 10000] [--output FILE]

Two servers run, one with the usual limits, one that predicts one document at a time; clients of
this process ask them in turn. Every reply is compared with the offline prediction of its text. Each
text holds its number, so that a swapped reply is seen. Bounded in requests and, for each level and
each twentieth of the soak, in seconds; writes FILE.json and FILE.md.
"""

import argparse
import json
import random
import re
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from typing import Any

from serving import get, served

from pharmaner.document import Document
from pharmaner.storage import write_text
from pharmaner.tagger import Tagger

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "src" / "pharmaner" / "sample"
ONE_AT_A_TIME = "[limits]\nbatch_characters = 1\n"
SOAK_CLIENTS = 8
SOAK_STEPS = 20
SCORE_TOLERANCE = 2e-4
LONGEST_WAIT = 300


@dataclass(slots=True)
class Level:
    """What came back: seconds of each answered request, and how many had another fate.

    ``refused`` were told so (503, 504), ``lost`` got no reply, ``wrong`` another one than offline.
    """

    clients: int
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    refused: int = 0
    lost: int = 0
    wrong: int = 0

    def figures(self) -> dict[str, float]:
        cuts = statistics.quantiles(self.latencies, n=100, method="inclusive")
        milliseconds = {f"p{p}_ms": round(1000 * cuts[p - 1], 1) for p in (50, 95, 99)}
        rate = round(len(self.latencies) / self.seconds, 2)
        answered = {"answered": len(self.latencies), "refused": self.refused}
        answered |= {"lost": self.lost, "wrong": self.wrong}
        return {"requests_per_second": rate, **milliseconds, **answered}


def main() -> None:
    """Measure, check, and write both files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32, 64])
    parser.add_argument("--requests", type=int, default=640, help="of each level")
    parser.add_argument("--seconds", type=float, default=300, help="the most of a level")
    parser.add_argument("--soak", type=int, default=10_000, help="requests while memory is watched")
    default = ROOT / "benchmarks" / "results" / "serve_load"
    parser.add_argument("--output", type=Path, default=default)
    options = parser.parse_args()
    texts = numbered_texts(options.requests)
    expected = offline(options.model, texts)
    result: dict[str, Any] = {"model": options.model.name, "requests_a_level": options.requests}
    with ExitStack() as stack:
        batching, _ = stack.enter_context(served(options.model, level="warning"))
        single, _ = stack.enter_context(served(options.model, ONE_AT_A_TIME, "warning"))
        levels = []
        for clients in options.clients:
            both = [
                asked(port, texts, expected, clients, len(texts), options.seconds).figures()
                for port in (batching, single)
            ]
            levels.append({"clients": clients, "batching": both[0], "one_at_a_time": both[1]})
            print(levels[-1], flush=True)
        result["levels"] = levels
        result["soak"] = soak(batching, texts, expected, options)
    write_text(options.output.with_suffix(".json"), f"{json.dumps(result, indent=1)}\n")
    write_text(options.output.with_suffix(".md"), markdown(result))
    runs = [level[kind] for level in levels for kind in ("batching", "one_at_a_time")]
    if any(run["lost"] or run["wrong"] for run in [*runs, result["soak"]]):
        raise SystemExit("requests were lost or answered wrongly")


def numbered_texts(number: int) -> list[str]:
    """Notes of the sample, and parts of them, each with a number of its own."""
    notes = [path.read_text(encoding="utf-8") for path in sorted(SAMPLE.glob("train/*.txt"))]
    rng = random.Random(0)
    texts = []
    for place in range(number):
        note = notes[place % len(notes)]
        begin = rng.choice([0, 0, len(note) // 2])
        texts.append(f"Nota {place}. {note[begin:]}")
    return texts


def offline(model: Path, texts: Sequence[str]) -> list[Document]:
    """The tagger's own predictions, without a server."""
    documents = [Document("text", text) for text in texts]
    return [p.document for p in Tagger.load(model).predict_documents(documents)]


def asked(
    port: int,
    texts: Sequence[str],
    expected: Sequence[Document],
    clients: int,
    requests: int,
    seconds: float,
) -> Level:
    """Send so many texts, in turn, from so many clients that each wait for their reply."""
    level = Level(clients)
    places = count()
    begin = time.perf_counter()

    def ask_on() -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=LONGEST_WAIT)
        while time.perf_counter() - begin < seconds and (number := next(places)) < requests:
            place = number % len(texts)
            sent = time.perf_counter()
            try:
                body = json.dumps({"text": texts[place]}).encode()
                connection.request(
                    "POST", "/v1/predict", body, {"content-type": "application/json"}
                )
                reply = connection.getresponse()
                content = reply.read()
            except (OSError, HTTPException):
                level.lost += 1
                connection.close()
                continue
            if reply.status != 200:
                level.refused += 1
                continue
            level.latencies.append(time.perf_counter() - sent)
            level.wrong += not is_same(json.loads(content), expected[place])
        connection.close()

    with ThreadPoolExecutor(clients) as pool:
        for task in [pool.submit(ask_on) for _ in range(clients)]:
            task.result()
    level.seconds = time.perf_counter() - begin
    return level


def is_same(record: dict[str, Any], document: Document) -> bool:
    """Whether a reply is the offline prediction; scores differ in the last digit with the batch."""
    found = [(m["start"], m["end"], m["label"], m["text"]) for m in record["mentions"]]
    known = [(m.start, m.end, m.label, document.text_of(m)) for m in document.mentions]
    scores = zip(record["mentions"], document.mentions, strict=False)
    is_close = all(abs(m["score"] - (k.score or 0)) <= SCORE_TOLERANCE for m, k in scores)
    return record["text"] == document.text and found == known and is_close


def soak(
    port: int, texts: Sequence[str], expected: Sequence[Document], options: argparse.Namespace
) -> dict[str, Any]:
    """Many requests one after another; the server's resident memory after each twentieth."""
    memory, levels = [resident_mib(port)], []
    for _ in range(SOAK_STEPS):
        part = options.soak // SOAK_STEPS
        levels.append(asked(port, texts, expected, SOAK_CLIENTS, part, options.seconds))
        memory.append(resident_mib(port))
    half = memory[len(memory) // 2 :]
    return {
        "answered": sum(len(level.latencies) for level in levels),
        "refused": sum(level.refused for level in levels),
        "lost": sum(level.lost for level in levels),
        "wrong": sum(level.wrong for level in levels),
        "resident_mib": memory,
        "growth_in_second_half_mib": round(half[-1] - half[0], 1),
    }


def resident_mib(port: int) -> float:
    found = re.search(r"\nprocess_resident_memory_bytes (\S+)", get(port, "/metrics")[1])
    assert found
    return round(float(found[1]) / 2**20, 1)


def markdown(result: dict[str, Any]) -> str:
    """The figures as a table, batching's as ratios to one document at a time."""
    lines = [
        f"Model {result['model']}, {result['requests_a_level']} requests a level, loopback.",
        "",
        "| clients | requests/s | ratio | p50 ms | p95 ms | p99 ms | refused | lost | wrong |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for level in result["levels"]:
        batching, single = level["batching"], level["one_at_a_time"]
        ratio = batching["requests_per_second"] / single["requests_per_second"]
        times = [f"{batching[p]} ({single[p]})" for p in ("p50_ms", "p95_ms", "p99_ms")]
        faults = [batching[kind] + single[kind] for kind in ("refused", "lost", "wrong")]
        cells = [level["clients"], batching["requests_per_second"], f"{ratio:.2f}", *times, *faults]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    memory = result["soak"]["resident_mib"]
    lines += [
        "",
        "ratio: to one document at a time, whose times are in parentheses.",
        "",
        f"{result['soak']['answered']} requests from {SOAK_CLIENTS} clients: "
        f"{result['soak']['refused']} refused, {result['soak']['lost']} lost, "
        f"{result['soak']['wrong']} wrong; resident memory "
        f"{memory[0]} MiB before, {max(memory)} at most, {memory[-1]} after, "
        f"{result['soak']['growth_in_second_half_mib']:+} in the second half.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
