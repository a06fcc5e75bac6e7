"""Makes the tagger in the package: trains, calibrates, exports and describes it.

python benchmarks/ship_tagger.py --corpus pharmaconer --work FOLDER

``--corpus`` holds ``train`` and ``dev``. A training that was interrupted goes on.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from pharmaner.model_folder import MANIFEST, PACKAGE, open_model_folder, write_manifest

SHIPPED = PACKAGE / "shipped"
CARD = Path(__file__).with_name("shipped_card.md")
TRAINING = ("--set", "training.epochs=4", "--seed", "0")


def run(*arguments: object) -> None:
    command = ["pharmaner", *map(str, arguments)]
    print("$", *command, flush=True)
    subprocess.run([sys.executable, "-c", START, *command[1:]], check=True)


START = "from pharmaner.cli.main import run; run()"


def complete_card(folder: Path) -> None:
    """Add what only we know of the data and the licences, and have the manifest vouch for it."""
    manifest = open_model_folder(folder).manifest
    card = folder / "README.md"
    card.write_text(card.read_text("utf-8") + "\n" + CARD.read_text("utf-8"), "utf-8", newline="\n")
    (folder / MANIFEST).unlink()
    content = {key: manifest[key] for key in manifest if key not in {"format", "files"}}
    write_manifest(folder, content)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    options = parser.parse_args()
    train, dev = options.corpus / "train", options.corpus / "dev"
    model, exported = options.work / "model", options.work / "exported"
    if not model.is_dir():
        run("train", "--train", train, "--dev", dev, "--output", model, "--resume", *TRAINING)
        run("calibrate", model, "--on", dev)
    run("export", model, "--int8", "--reduced-range", "--check", dev, "--output", exported)
    complete_card(exported)
    if SHIPPED.is_dir():
        shutil.rmtree(SHIPPED)
    shutil.move(exported, SHIPPED)


if __name__ == "__main__":
    main()
