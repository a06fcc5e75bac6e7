"""``pharmaner demo``: the main job on the sample corpus, from annotations to an HTML page."""

from importlib.resources import as_file, files
from itertools import count
from pathlib import Path
from typing import Annotated

import typer

from pharmaner.cli.console import print_scores, say, stdout

DEMO_ENCODER = "pharmaner-es"

LOWEST_F1 = 0.8
"""What the demo must reach on the held-out notes, see README."""


def demo(
    output: Annotated[
        Path | None, typer.Option(help="A folder to write; default demo-output, numbered.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The training's seed.")] = 0,
) -> None:
    """Train on the sample corpus, score held-out notes, annotate a note. Takes a few minutes."""
    with as_file(files("pharmaner") / "sample") as sample:
        run_demo(sample, output or _free_folder(), seed)


def run_demo(sample: Path, output: Path, seed: int) -> None:
    """The demo on a folder with train, dev, test and note.txt; exit 1 under the lowest F1."""
    from pharmaner.cli.corpora import read_annotated
    from pharmaner.cli.evaluate import predict_gold
    from pharmaner.cli.train import fine_tune
    from pharmaner.corpora.folder import read_folder, read_text, write_folder
    from pharmaner.corpora.mismatch import OnMismatch
    from pharmaner.document import Document
    from pharmaner.recipe import load_recipe, setting
    from pharmaner.report.html import write_page
    from pharmaner.report.terminal import coloured
    from pharmaner.scoring.strict import score
    from pharmaner.tagger import Tagger

    model = output / "model"
    say(f"1. Fine-tuning {DEMO_ENCODER} on the sample corpus")
    settings = [setting("encoder.name", DEMO_ENCODER), f"training.seed={seed}"]
    learned = read_annotated(sample / "train", OnMismatch.REFUSE)
    again = f"`pharmaner demo --output {output} --seed {seed}`"
    fine_tune(load_recipe("demo", settings), learned, [], model, True, again)
    say("2. Scoring the notes that were held out")
    tagger = Tagger.load(model)
    gold, predicted = predict_gold(tagger, list(read_folder(sample / "test").documents))
    scores = score(gold, predicted)
    print_scores(scores.as_json())
    say("3. Annotating a note")
    note = Document("note", read_text(sample / "note.txt"))
    annotated = next(tagger.predict_documents([note])).document
    stdout().print(coloured(annotated), soft_wrap=True)
    write_folder([annotated], output / "brat")
    write_page([annotated], output / "note.html", title="pharmaner demo")
    for what, place in (("model", "model"), ("brat", "brat/note.ann"), ("page", "note.html")):
        say(f"{what}: {output / place}")
    if scores.micro.f1 < LOWEST_F1:
        say(f"F1 {100 * scores.micro.f1:.2f} is under the floor of {100 * LOWEST_F1:.0f}")
        raise typer.Exit(1)
    say(f"next: pharmaner predict --model {model} YOUR_NOTE.txt")


def _free_folder() -> Path:
    names = (Path("demo-output" if n == 1 else f"demo-output-{n}") for n in count(1))
    return next(path for path in names if not path.exists())
