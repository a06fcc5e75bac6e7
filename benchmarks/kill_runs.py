"""Kill verbs at random moments; what they leave in the end is the output of an undisturbed run.

Every run is a fork of this process, which has imported everything, so that the kills fall into the
work and not into the imports. After each kill nothing half-written may lie where a reader looks.

    python -m benchmarks.kill_runs --kills 60 --seed 0
"""

import argparse
import json
import os
import random
import signal
import sys
import time
import traceback
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}

import safetensors
import transformers.models.bert.modeling_bert  # noqa: F401
from tests.small_inputs import small_notes, write_tiny_bert

import pharmaner.experiments.compare
import pharmaner.experiments.tune
import pharmaner.tagger
import pharmaner.training.pretrain  # noqa: F401
from pharmaner.cli.main import run
from pharmaner.corpora.folder import write_folder
from pharmaner.document import Document
from pharmaner.training import loop

KILLS_OF_A_RUN = 3
"""How often a run is killed at the most before it is let go on to its end."""

RECIPE = """
[encoder]
name = "encoder"
[text]
window = 32
context = 4
[training]
epochs = 3
precision = "fp32"
batch_pieces = 64
"""
SPACE = '[parameters]\n"training.seed" = { values = [1, 2] }\n'
TIMES = {"seconds", "pieces_per_second", "run-log.jsonl"}
"""Keys of records that hold times, or the hash of a file that does."""


@dataclass(frozen=True)
class Verb:
    """A command line and how it is given again; paths are relative to the inputs' folder.

    ``OUTPUT`` stands for the output's name.
    ``is_study``: the same command goes on in its own output, and says nothing against a whole one.
    """

    arguments: str
    resume: str = ""
    is_study: bool = False


CORPORA = "--train corpus --dev corpus --recipe recipe.toml --output OUTPUT"
VERBS = {
    "train": Verb(f"train {CORPORA}", "--resume"),
    "pretrain": Verb(
        "pretrain --text corpus --encoder encoder --output OUTPUT --set masking.window=32"
        " --set masking.head_steps=2 --set training.epochs=2 --set training.batch_pieces=64"
        " --set training.precision='fp32'",
        "--resume",
    ),
    "tune": Verb(f"tune {CORPORA} --space space.toml", is_study=True),
    "predict": Verb("predict texts --model model --output OUTPUT", "--resume"),
    "compare": Verb(f"compare {CORPORA} --seeds 2", is_study=True),
    "convert": Verb("convert many OUTPUT --to jsonl"),
    "convert-to-brat": Verb("convert many OUTPUT --to brat"),
}


class BrokenPromiseError(Exception):
    """A kill left something that it must not leave."""


def main() -> None:
    """Kill, resume, compare; print a table, exit 1 when something differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verb", action="append", choices=VERBS)
    options = parser.parse_args()
    verbs = options.verb or list(VERBS)
    loop.CHECKPOINT_SECONDS = 0.0
    moments = random.Random(options.seed)
    print("| verb | seconds undisturbed | kills | runs that were killed | output |")
    print("|---|---|---|---|---|")
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_inputs(folder)
        for place, name in enumerate(verbs):
            kills = (options.kills + place) // len(verbs)
            print(attempt(folder, name, kills, moments), flush=True)


def attempt(folder: Path, name: str, kills: int, moments: random.Random) -> str:
    """Kill a verb so many times; a row of the table."""
    verb = VERBS[name]
    begun = time.monotonic()
    finish(folder, verb, f"{name}-whole", is_rerun=False)
    seconds = time.monotonic() - begun
    whole = content(folder / f"{name}-whole")
    done = runs = 0
    while done < kills:
        runs += 1
        output = f"{name}-{runs}"
        for turn in range(min(KILLS_OF_A_RUN, kills - done)):
            done += kill(folder, verb, output, turn > 0, moments.uniform(0, seconds))
            check_nothing_half(folder / output)
            if not verb.is_study and (folder / output).exists():
                break
        else:
            finish(folder, verb, output, is_rerun=True)
        if difference := differing(whole, content(folder / output)):
            raise BrokenPromiseError(f"{folder / output}: differs from {name}-whole: {difference}")
    return f"| {name} | {seconds:.1f} | {done} | {runs} | identical |"


def kill(folder: Path, verb: Verb, output: str, is_rerun: bool, after: float) -> bool:
    """Start a run and kill it after some seconds; whether it was still alive."""
    process = start(folder, verb, output, is_rerun)
    time.sleep(after)
    os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    return os.WIFSIGNALED(status)


def finish(folder: Path, verb: Verb, output: str, is_rerun: bool) -> None:
    """Run to the end."""
    _, status = os.waitpid(start(folder, verb, output, is_rerun), 0)
    if os.waitstatus_to_exitcode(status):
        raise BrokenPromiseError(f"{output}: {(folder / 'said').read_text()}")


def start(folder: Path, verb: Verb, output: str, is_rerun: bool) -> int:
    """Run a verb in a fork of this process."""
    sys.stdout.flush()
    if process := os.fork():
        return process
    code = 70
    try:
        os.chdir(folder)
        said = os.open("said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(said, 1)
        os.dup2(said, 2)
        arguments = [*verb.arguments.split(), *(verb.resume.split() if is_rerun else [])]
        sys.argv = ["pharmaner", *(output if a == "OUTPUT" else a for a in arguments)]
        run()
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def write_inputs(folder: Path) -> None:
    """An encoder, a corpus, texts, a recipe and a space, and a model trained on them."""
    (folder / "encoder").mkdir()
    write_tiny_bert(folder / "encoder")
    notes = small_notes()
    write_folder(notes, folder / "corpus")
    texts = [Document(f"text-{n}", notes[n % len(notes)].text * (1 + n % 5)) for n in range(60)]
    write_folder(texts, folder / "texts")
    many = [replace(notes[n % len(notes)], id=f"note-{n}") for n in range(2000)]
    write_folder(many, folder / "many")
    (folder / "recipe.toml").write_text(RECIPE)
    (folder / "space.toml").write_text(SPACE)
    finish(folder, VERBS["train"], "model", is_rerun=False)


def check_nothing_half(output: Path) -> None:
    """Read every file of an output that does not bear a temporary name."""
    for path in visible_files(output):
        if path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"))
        elif path.suffix == ".jsonl" and path.name != "journal.jsonl":
            for line in path.read_text(encoding="utf-8").splitlines():
                json.loads(line)
        elif path.suffix == ".safetensors":
            with safetensors.safe_open(path, "numpy") as tensors:
                list(tensors.keys())


def visible_files(output: Path) -> list[Path]:
    """A file, or those of a folder but for those with a temporary name."""
    if output.is_file():
        return [output]
    found = (path for path in sorted(output.rglob("*")) if path.is_file())
    return [p for p in found if not any(part[0] == "." for part in p.relative_to(output).parts)]


def content(output: Path) -> dict[str, Any]:
    """What an output holds by file, times left out; a journal is a diary, no result."""
    files = [path for path in visible_files(output) if path.name != "journal.jsonl"]
    return {str(path.relative_to(output)): without_times(path, output.name) for path in files}


def without_times(path: Path, output: str) -> Any:
    """A file's content without times and without the output's own name.

    Of pages, which show what the JSON beside them holds, the presence alone; a manifest has the
    hash of its model card.
    """
    if path.suffix in {".md", ".html"}:
        return "a page"
    if path.suffix == ".safetensors":
        return path.read_bytes()
    text = path.read_text(encoding="utf-8").replace(output, "OUTPUT")
    if path.suffix in {".json", ".jsonl"}:
        lines = [text] if path.suffix == ".json" else text.splitlines()
        return [without_time_keys(json.loads(line)) for line in lines]
    return text


def without_time_keys(value: Any) -> Any:
    """JSON without the keys that hold times."""
    if isinstance(value, dict):
        return {key: without_time_keys(v) for key, v in value.items() if key not in TIMES}
    return [without_time_keys(v) for v in value] if isinstance(value, list) else value


def differing(one: dict[str, Any], other: dict[str, Any]) -> str:
    """The first files that differ, or are on one side only."""
    names = sorted(one.keys() | other.keys())
    return ", ".join([name for name in names if one.get(name) != other.get(name)][:5])


if __name__ == "__main__":
    main()
