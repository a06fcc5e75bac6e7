"""Makes the tagger in the package: trains, calibrates, exports and describes it.

python benchmarks/ship_tagger.py --corpus pharmaconer --unlabelled FOLDER --work FOLDER

``--corpus`` holds ``train`` and ``dev``. A teacher learns train and annotates the unlabelled cases;
a student learns these, then train, and is the teacher of a second student. That one learns train
and is judged and calibrated on dev; then it learns train and dev, and is shipped with the judged
one's temperature. What was interrupted goes on.
"""

import argparse
import json
import os
import re
import shutil
from pathlib import Path

from common import run_pharmaner

from pharmaner.decoding.temperature import CALIBRATION
from pharmaner.model_folder import (
    MANIFEST,
    PACKAGE,
    open_model_folder,
    put_file,
    write_manifest,
)

SHIPPED = PACKAGE / "shipped"
COPY = 0.95
"""A text that shares more of its distinct words with another is a copy of it."""

CARD = Path(__file__).with_name("shipped_card.md")
AS_MEASURED = ("--set", "training.layer_decay=1.0")
"""The chain was run before lower layers learned more slowly by default."""

FROM_NOTHING = (
    *("--set", "training.batch_pieces=2048", "--set", "training.epochs=4"),
    *("--seed", "1"),
)
GENTLY = (
    *("--set", "training.batch_pieces=2048", "--set", "training.epochs=1"),
    *("--set", "training.learning_rate=1e-4", "--set", "training.head_learning_rate=2e-4"),
    *("--set", "augmentation.mention_replacement=0.3", "--seed", "11"),
)
MASKED = (
    *("--set", "training.batch_pieces=1536", "--set", "augmentation.word_masking=0.1"),
    *("--seed", "0"),
)
SILVER = (
    *("--set", "training.epochs=1", "--set", "surface.weight=0.0"),
    *("--set", "decoding.recurrence=0.0"),
)
GOLD = (
    *("--set", "training.epochs=3", "--set", "training.learning_rate=1.5e-4"),
    *("--set", "training.head_learning_rate=3e-4", "--set", "training.ema_decay=0.99"),
    *("--set", "training.keep=last"),
)


def copy_temperature(judged: Path, model: Path) -> None:
    content = json.loads((judged / CALIBRATION).read_text("utf-8"))
    put_file(open_model_folder(model), CALIBRATION, content)


KNOWN = {
    r"(?m)^base_model: .*$": "base_model: intfloat/multilingual-e5-small",
    r"from `[^`]+` \(": "from a student of silver labels, see below (",
    r"Trained without a dev corpus: there are no scores\.": (
        "Learned from train and dev, so it has no score of its own; its predecessor's is below."
    ),
}
"""What the card of any exported folder says, and what we know better."""


def complete_card(folder: Path) -> None:
    """Add what only we know of the data and the licences, and have the manifest vouch for it."""
    manifest = open_model_folder(folder).manifest
    card = folder / "README.md"
    written = card.read_text("utf-8")
    for generic, known in KNOWN.items():
        written = re.sub(generic, known, written)
    card.write_text(f"{written.rstrip()}\n\n{CARD.read_text('utf-8')}", "utf-8", newline="\n")
    (folder / MANIFEST).unlink()
    content = {key: manifest[key] for key in manifest if key not in {"format", "files"}}
    write_manifest(folder, content)


def train(name: str, *arguments: object) -> Path:
    if not Path(name).is_dir():
        run_pharmaner("train", "--output", name, "--resume", *AS_MEASURED, *arguments)
    return Path(name)


def with_the_rare_type(train: Path, folder: Path) -> Path:
    """The cases that have a NO_NORMALIZABLES, a type no teacher finds; a student is to know it."""
    folder.mkdir(parents=True, exist_ok=True)
    for annotations in train.glob("*.ann"):
        if "\tNO_NORMALIZABLES " in annotations.read_text("utf-8"):
            shutil.copy(annotations, folder)
            shutil.copy(annotations.with_suffix(".txt"), folder)
    return folder


def unlabelled_texts(unlabelled: Path, dev: Path, folder: Path) -> Path:
    """All unlabelled cases but copies of dev cases, which share nearly all of their words."""
    known = [words(path) for path in dev.glob("*.txt")]
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(unlabelled.rglob("*.txt")):
        copy = folder / path.name
        own = words(path)
        if any(len(own & case) > COPY * len(own | case) for case in known):
            print(f"{path.name}: is a copy of a case of dev, left out")
        elif copy.exists() and copy.read_bytes() != path.read_bytes():
            raise SystemExit(f"{path}: another text of {unlabelled} has this name; rename one")
        else:
            shutil.copy(path, copy)
    return folder


def words(path: Path) -> set[str]:
    return set(path.read_text("utf-8").split())


def student_of(teacher: Path, dev: Path, texts: Path, rare: Path, name: str) -> Path:
    """A tagger that has learned what the teacher finds in the texts."""
    small, annotated = Path(f"{teacher}-int8"), Path(f"silver-of-{teacher}")
    if not small.is_dir():
        run_pharmaner("export", teacher, "--int8", "--check", dev, "--output", small)
    if not annotated.is_dir():
        arguments = ["--model", small, "--output", annotated, "--format", "jsonl", "--resume"]
        run_pharmaner("predict", texts, *arguments)
    silver = annotated / "predictions.jsonl"
    return train(name, "--train", silver, "--train", rare, *SILVER, *MASKED)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--unlabelled", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    options = parser.parse_args()
    corpus, unlabelled = options.corpus.resolve(), options.unlabelled.resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    os.chdir(options.work)  # encoders get names without a machine's path
    gold, dev = ("--train", corpus / "train"), corpus / "dev"
    judging = (*gold, "--dev", dev)
    texts = unlabelled_texts(unlabelled, dev, Path("texts"))
    rare = with_the_rare_type(corpus / "train", Path("rare"))
    first = train("first", *judging, *FROM_NOTHING)
    second = train("second", *judging, "--encoder", first, *GENTLY)
    student = student_of(second, dev, texts, rare, "student-1")
    teacher = train("teacher", *judging, "--encoder", student, *GOLD, *MASKED)
    student = student_of(teacher, dev, texts, rare, "student-2")
    judged = train("judged", *judging, "--encoder", student, *GOLD, *MASKED)
    run_pharmaner("calibrate", judged, "--on", dev)
    model = train("model", *gold, "--train", dev, "--encoder", student, *GOLD, *MASKED)
    copy_temperature(judged, model)
    exported = Path("exported")
    if exported.is_dir():  # its card may not be complete
        shutil.rmtree(exported)
    checked = ("--int8", "--reduced-range", "--check", dev)
    run_pharmaner("export", model, *checked, "--output", exported)
    complete_card(exported)
    if SHIPPED.is_dir():
        shutil.rmtree(SHIPPED)
    shutil.move(exported, SHIPPED)


if __name__ == "__main__":
    main()
