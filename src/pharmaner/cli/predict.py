"""``pharmaner predict``."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pharmaner.cli.console import plain, progress_bar, say, stdout
from pharmaner.cli.corpora import name_texts
from pharmaner.cli.dictionaries import NamedLists, load_dictionary, named_lists
from pharmaner.cli.options import (
    BackendOption,
    DictionaryOption,
    EncodingOption,
    IdColumnOption,
    ModelOption,
    TextColumnOption,
)
from pharmaner.errors import InputError, PharmanerError
from pharmaner.report.prediction_format import PredictionFormat

if TYPE_CHECKING:
    from pharmaner.corpora.formats.texts import CorpusTexts
    from pharmaner.corpora.texts import Texts
    from pharmaner.prediction.predictor import Prediction
    from pharmaner.tagger import Tagger


def predict(
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="INPUT...", help=".txt files, folders of them, or a table; - or nothing: stdin"
        ),
    ] = None,
    model: ModelOption = None,
    dictionary: DictionaryOption = None,
    output: Annotated[Path | None, typer.Option(help="A folder to write.")] = None,
    output_format: Annotated[
        PredictionFormat | None,
        typer.Option("--format", help="What --output holds.", show_default="brat"),
    ] = None,
    backend: BackendOption = None,
    min_score: Annotated[
        float, typer.Option(min=0, max=1, help="Leave out mentions with a lower score.")
    ] = 0.0,
    encoding: EncodingOption = "utf-8",
    text_column: TextColumnOption = "text",
    id_column: IdColumnOption = "id",
    resume: Annotated[bool, typer.Option(help="Go on with an interrupted run.")] = False,
) -> None:
    """Annotate texts. Without --output: JSON lines, or coloured text on a terminal.

    A table, or a corpus in another format that `pharmaner convert` knows, is one file by itself.
    A text that cannot be read is named and left out; the exit code is then 1.
    """
    from pharmaner.corpora.formats.source import Source
    from pharmaner.model_folder import shipped_folder
    from pharmaner.storage import refuse_occupied
    from pharmaner.tagger import Tagger

    if (model := model or shipped_folder()) is None:
        raise InputError("predict: --model DIR is needed, a folder that `pharmaner train` wrote")
    if resume and output is None:
        raise InputError("predict: --resume goes on with an --output DIR, none is named")
    if output is None and output_format in {PredictionFormat.BRAT, PredictionFormat.HTML}:
        raise InputError(f"predict: --format {output_format} needs an --output DIR")
    if output is None and sys.stdout is None:
        raise InputError("predict: standard output is closed; --output DIR is accepted")
    is_for_people = output is None and output_format is None and sys.stdout.isatty()
    output_format = output_format or PredictionFormat.BRAT
    if output is not None and not resume:
        refuse_occupied(output)
    source = Source(Path(), encoding, text_column, id_column)
    names_files = output is not None and output_format is PredictionFormat.BRAT
    texts = name_texts(inputs or [Path("-")], source, names_files)
    lists = named_lists(dictionary)
    tagger = Tagger.load(model, backend or "", min_score, load_dictionary(lists))
    say(f"backend: {tagger.backend}")
    if output is None:
        failed = _print_all(tagger, texts, is_for_people)
    else:
        settings = _settings(model, tagger, texts, min_score, lists)
        failed = _write_all(tagger, texts, output, output_format, settings, resume)
    if failed:
        say(f"{failed} of {len(texts)} documents failed")
        raise typer.Exit(1)


@dataclass(slots=True)
class _Failures:
    """Counts the documents that fail, and says why each does."""

    count: int = 0

    def add(self, name: str, error: Exception) -> None:
        self.count += 1
        reason = str(error) if isinstance(error, PharmanerError) else f"{name}: {error!r}"
        say(f"error: {reason}")


def _print_all(tagger: "Tagger", texts: "Texts | CorpusTexts", is_for_people: bool) -> int:
    """Print the predictions as they come; how many documents failed."""
    from pharmaner.report.json_lines import json_line

    failures = _Failures()
    documents = texts.documents(on_failure=failures.add)
    for prediction in tagger.predict_documents(documents, failures.add):
        if is_for_people:
            _print_coloured(prediction, is_named=len(texts) > 1)
        else:
            typer.echo(json_line(prediction))
    return failures.count


def _print_coloured(prediction: "Prediction", is_named: bool) -> None:
    from pharmaner.report.terminal import coloured, visible

    if is_named:
        stdout().rule(plain(visible(prediction.document.id)))
    stdout().print(coloured(prediction.document), soft_wrap=True)


def _settings(
    model: Path, tagger: "Tagger", texts: "Texts | CorpusTexts", min_score: float, lists: NamedLists
) -> dict[str, Any]:
    """What the output depends on, as JSON."""
    from pharmaner.model_folder import MANIFEST
    from pharmaner.storage import sha256

    return {
        "model": sha256(model / MANIFEST),
        "backend": tagger.backend,
        "min_score": min_score,
        "dictionary": [[label, sha256(path)] for label, path in lists],
        "texts (names, sizes, times, encoding)": texts.signature,
    }


def _write_all(
    tagger: "Tagger",
    texts: "Texts | CorpusTexts",
    output: Path,
    output_format: PredictionFormat,
    settings: dict[str, Any],
    resume: bool,
) -> int:
    """Write the output folder; how many documents failed."""
    from pharmaner.report.prediction_folder import PredictionFolder

    folder = PredictionFolder(output, output_format, settings, resume)
    done = texts.place_after(folder.progress.last)
    failures = _Failures(done - folder.progress.documents)
    if done:
        say(f"{folder.partial}: goes on after {done} of {len(texts)} documents")
    documents = texts.documents(done, failures.add)
    try:
        with progress_bar() as progress:
            task = progress.add_task("predicting", total=len(texts), completed=done)
            for chunk in tagger.predict_chunks(documents, failures.add):
                folder.write(chunk)
                progress.advance(task, len(chunk))
    except KeyboardInterrupt:
        resumed = "begins anew" if output_format is PredictionFormat.HTML else "goes on"
        say(f"interrupted; the same command with --resume {resumed} ({folder.partial})")
        raise typer.Exit(130) from None
    folder.finish()
    for (feature, message), times in sorted(folder.lost.items()):
        say(f"lost: {times} {feature}: {message}; --format jsonl keeps them")
    return failures.count
