"""Makes the tagger in the package: trains, calibrates, exports and describes it.

python benchmarks/ship_tagger.py --corpus pharmaconer --work FOLDER

``--corpus`` holds ``train`` and ``dev``. Three trainings follow each other: on train; on train with
names replaced, which is judged and calibrated on dev; on train and dev, which is shipped with the
temperature of the second. A training that was interrupted goes on.
"""

import argparse
import json
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
CARD = Path(__file__).with_name("shipped_card.md")
GENTLY = (
    *("--set", "training.learning_rate=1e-4", "--set", "training.head_learning_rate=2e-4"),
    *("--set", "augmentation.mention_replacement=0.3"),
)


def copy_temperature(judged: Path, model: Path) -> None:
    content = json.loads((judged / CALIBRATION).read_text("utf-8"))
    put_file(open_model_folder(model), CALIBRATION, content)


KNOWN = {
    "base_model: second": "base_model: intfloat/multilingual-e5-small",
    "from `second` (": "from `second`, see below (",
    "Trained without a dev corpus: there are no scores.": (
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
        written = written.replace(generic, known)
    card.write_text(f"{written.rstrip()}\n\n{CARD.read_text('utf-8')}", "utf-8", newline="\n")
    (folder / MANIFEST).unlink()
    content = {key: manifest[key] for key in manifest if key not in {"format", "files"}}
    write_manifest(folder, content)


def train(output: Path, *arguments: object) -> None:
    if not output.is_dir():
        run_pharmaner("train", "--output", output, "--resume", *arguments)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    options = parser.parse_args()
    learned, dev = options.corpus / "train", options.corpus / "dev"
    first, second, model, exported = (
        options.work / name for name in ("first", "second", "model", "exported")
    )
    epochs = ("--set", "training.epochs=4")
    train(first, "--train", learned, "--dev", dev, "--seed", 1, *epochs)
    epochs = ("--set", "training.epochs=1")
    train(
        second, "--train", learned, "--dev", dev, "--encoder", first, "--seed", 11, *epochs, *GENTLY
    )
    run_pharmaner("calibrate", second, "--on", dev)
    epochs = ("--set", "training.epochs=3")
    train(
        model,
        "--train",
        learned,
        "--train",
        dev,
        "--encoder",
        second,
        "--seed",
        12,
        *epochs,
        *GENTLY,
    )
    copy_temperature(second, model)
    run_pharmaner(
        "export", model, "--int8", "--reduced-range", "--check", dev, "--output", exported
    )
    complete_card(exported)
    if SHIPPED.is_dir():
        shutil.rmtree(SHIPPED)
    shutil.move(exported, SHIPPED)


if __name__ == "__main__":
    main()
