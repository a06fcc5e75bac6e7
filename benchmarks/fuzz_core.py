"""Feed damaged and random input to the recipe, the model folder and the aligners.

Only our own errors may come out, each of one line, or a result that keeps its promises. A case is
known by its part, seed and number, and can be run again by them alone.

    python -m benchmarks.fuzz_core --recipe 40000 --alignment 55000 --folder 6000 --tagger 300
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ |= {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}

from pharmaner.document import Document, Mention, Span
from pharmaner.errors import PharmanerError
from pharmaner.labels import LabelScheme, Tagging
from pharmaner.model_folder import open_model_folder
from pharmaner.recipe import load_recipe, parse_recipe, shipped_recipes
from pharmaner.text.alignment import AlignmentReport, align, to_span
from pharmaner.text.words import split_words

ALPHABET = "aÑßé1٣½ \t\n\r\xa0.,-(°µ\u0301\u200b\u200d\u202e\ufeff😀👩İﬁ中\x00\u2028\U0010fffd"
TOML_SCRAPS = (
    "[", "]", "[[", "=", '"', "'''", "{", "}", "\n", "\\u0000", "\\ud800", "inf", "nan", "-1",
    "1e999", "9" * 5000, "[" * 3000, "a." * 500, "true", "1979-05-27", "corpus", "[text]",
    "window = 16\n", "types = [1]", '"é\\n" = 1', "\x00", "\ufeff", "#", ",", "map = {a=1}",
)  # fmt: skip
SLOWEST = 10.0
"""Seconds of processor time that no case may take."""


class BrokenPromiseError(Exception):
    """A case came to an end that it must not come to."""


def main() -> None:
    """Run the parts; print a table, stop at the first case that breaks a promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("recipe", "alignment", "folder", "tagger"):
        parser.add_argument(f"--{name}", type=int, default=0, help="how many cases")
    parser.add_argument("--model", type=Path, help="a model folder to damage; a tiny one is best")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    options = parser.parse_args()
    print("| part | cases | what came out | processor seconds | slowest case |")
    print("|---|---|---|---|---|")
    with TemporaryDirectory() as temporary:
        parts: dict[str, Callable[[random.Random], str]] = {
            "recipe": fuzz_recipe,
            "alignment": fuzz_alignment,
        }
        if options.model:
            damage = Damage(options.model, Path(temporary) / "model")
            parts |= {"folder": damage.fuzz_folder, "tagger": damage.fuzz_tagger}
        for name, part in parts.items():
            print(run(name, part, getattr(options, name), options.seed, options.first), flush=True)


def run(name: str, part: Callable[[random.Random], str], cases: int, seed: int, first: int) -> str:
    """Run the cases of a part; a row of the table."""
    outcomes: Counter[str] = Counter()
    begun, slowest = time.process_time(), 0.0
    for number in range(first, first + cases):
        started = time.process_time()
        try:
            outcomes[part(random.Random(f"{name} {seed} {number}"))] += 1
        except BaseException as error:
            error.add_note(f"part {name}, seed {seed}, case {number}")
            raise
        slowest = max(slowest, time.process_time() - started)
        if slowest > SLOWEST:
            raise BrokenPromiseError(f"part {name}, seed {seed}, case {number}: {slowest:.1f} s")
    shown = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
    return f"| {name} | {cases} | {shown} | {time.process_time() - begun:.0f} | {slowest:.2f} |"


def refusal(error: PharmanerError) -> str:
    """The kind of one of our errors; its message must be one line of a bearable length."""
    if len(str(error).splitlines()) != 1 or len(str(error)) > 2000:
        raise BrokenPromiseError(f"not one short line: {str(error)[:3000]!r}") from error
    return type(error).__name__


def fuzz_recipe(draw: random.Random) -> str:
    """A shipped recipe with scraps put in, cut out and swapped: refused, or read the same again."""
    text = load_recipe(draw.choice(shipped_recipes())).as_toml()
    for _ in range(draw.randint(1, 2)):
        start = draw.randrange(len(text) + 1)
        end = min(len(text), start + draw.choice((0, 0, 1, 3, 30)))
        scrap = draw.choice(TOML_SCRAPS) if draw.random() < 0.7 else chr(draw.randrange(0x300))
        text = text[:start] + scrap + text[end:]
    overrides = ["".join(draw.choices("corpus.types=[]\"'1\n", k=9))] if draw.random() < 0.2 else []
    try:
        recipe = parse_recipe(text, "fuzz", overrides)
    except PharmanerError as error:
        return refusal(error)
    if parse_recipe(recipe.as_toml(), "again") != recipe:
        raise BrokenPromiseError(recipe.as_toml())
    return "read"


def fuzz_alignment(draw: random.Random) -> str:
    """Any mentions over any text: ranges are disjoint, every mention kept exactly or reported."""
    text = "".join(draw.choices(ALPHABET, k=draw.randrange(40)))
    mentions = tuple(random_mention(draw, len(text)) for _ in range(draw.randrange(6)) if text)
    document, words, report = Document("d", text, mentions), split_words(text), AlignmentReport()
    ranges = align(document, words, "AB", report)
    spans = [(to_span(ranged, words), ranged.label) for ranged in ranges]
    reasons = report.by_reason
    exact = [m for m in mentions if m not in [loss.mention for loss in report.losses]]
    gone = reasons.get("overlap", 0) + reasons.get("no_words", 0)
    for tagging in Tagging:
        scheme = LabelScheme(("A", "B"), tagging)
        if scheme.decode(scheme.encode(ranges, len(words))) != ranges:
            raise BrokenPromiseError(f"{tagging}: {document}")
    if (
        len(ranges) + gone != len(mentions)
        or any((mention.spans[0], mention.label) not in spans for mention in exact)
        or any(left.stop > right.first for left, right in pairwise(ranges))
    ):
        raise BrokenPromiseError(f"{document} {ranges} {report}")
    return "with losses" if report.losses else "without losses"


def random_mention(draw: random.Random, length: int) -> Mention:
    """A mention of one to three spans inside a text of so many code points."""
    cuts = sorted(draw.sample(range(length + 1), k=min(length + 1, draw.choice((2, 2, 2, 4, 6)))))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    return Mention(tuple(Span(start, end) for start, end in pairs), draw.choice("AB"))


class Damage:
    """A copy of a model folder, damaged anew for each case."""

    def __init__(self, model: Path, copy: Path) -> None:
        shutil.copytree(model, copy)
        self.copy = copy
        self.whole = {path.name: path.read_bytes() for path in copy.iterdir()}
        self.opened = open_model_folder(copy)
        self.predicted: object = None

    def fuzz_folder(self, draw: random.Random) -> str:
        """Open a folder with a few bytes changed, the manifest left or made to vouch for them."""
        is_vouched = self._damage(draw)
        try:
            opened = open_model_folder(self.copy)
        except PharmanerError as error:
            return f"{'vouched' if is_vouched else 'plain'} {refusal(error)}"
        if not is_vouched and (opened.recipe, opened.scheme) != (
            self.opened.recipe,
            self.opened.scheme,
        ):
            raise BrokenPromiseError("an altered folder was opened")
        return f"{'vouched' if is_vouched else 'plain'} opened"

    def fuzz_tagger(self, draw: random.Random) -> str:
        """Load the damaged folder and predict: refused, or mentions that lie in the text."""
        from pharmaner.tagger import Tagger

        text = "Toma litio 5mg, «ferritina» alta."
        if self.predicted is None:
            self._restore()
            self.predicted = Tagger.load(self.copy).predict(text).mentions
        is_vouched = self._damage(draw)
        try:
            mentions = Tagger.load(self.copy).predict(text).mentions
        except PharmanerError as error:
            return f"{'vouched' if is_vouched else 'plain'} {refusal(error)}"
        if not is_vouched and mentions != self.predicted:
            raise BrokenPromiseError("an altered folder predicts otherwise")
        return f"{'vouched' if is_vouched else 'plain'} predicted"

    def _restore(self) -> None:
        for name, content in self.whole.items():
            (self.copy / name).write_bytes(content)

    def _damage(self, draw: random.Random) -> bool:
        self._restore()
        name = draw.choice(sorted(self.whole))
        content = bytearray(self.whole[name])
        within = 2000 if draw.random() < 0.5 else len(content)
        for _ in range(draw.choice((1, 1, 2, 5))):
            content[draw.randrange(min(within, len(content)))] = draw.choice((
                draw.randrange(256), *b'"0:9]{',
            ))  # fmt: skip
        if draw.random() < 0.1:
            del content[draw.randrange(len(content)) :]
        (self.copy / name).write_bytes(content)
        if name == "manifest.json" or draw.random() < 0.4:
            return False
        manifest = json.loads(self.whole["manifest.json"])
        manifest["files"][name] = hashlib.sha256(content).hexdigest()
        (self.copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return True


if __name__ == "__main__":
    main()
