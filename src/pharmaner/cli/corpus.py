"""``pharmaner corpus list`` and ``pharmaner corpus get``."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pharmaner.cli.console import progress_bar, say, stdout
from pharmaner.errors import InputError

if TYPE_CHECKING:
    from pharmaner.corpora.catalogue import PublishedCorpus
    from pharmaner.corpora.download import Progress

app = typer.Typer(help="Published corpora: list them, get one.", no_args_is_help=True)


@app.command("list")
def list_corpora() -> None:
    """List the corpora that `corpus get` knows, with their licences."""
    from rich.table import Table

    from pharmaner.corpora.catalogue import CATALOGUE

    table = Table()
    for column in ("name", "what it is", "licence", "home"):
        table.add_column(column, overflow="fold")
    for corpus in CATALOGUE.values():
        table.add_row(corpus.name, corpus.description, corpus.licence, corpus.homepage)
    stdout().print(table)


@app.command()
def get(
    name: Annotated[str, typer.Argument(help="A name that `corpus list` prints.")],
    output: Annotated[Path | None, typer.Option(help="The folder to write; ./NAME else.")] = None,
    from_file: Annotated[
        Path | None, typer.Option(help="The archive, brought here otherwise; no network then.")
    ] = None,
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="Do not ask; for scripts.")
    ] = False,
) -> None:
    """Download a corpus and unpack it; a broken download goes on with the same command."""
    from pharmaner.corpora.catalogue import find_corpus
    from pharmaner.corpora.obtain import obtain

    corpus = find_corpus(name)
    _agree(corpus, accept_licence)
    with _progress() as progress:
        obtained = obtain(corpus, output or Path(name), from_file, progress)
    say(f"{obtained.folder}: {obtained.files} files, archive's SHA-256 {obtained.sha256}")
    if obtained.vouched_by == "nobody":
        say(
            "nobody had verified this hash; it is recorded in "
            f"{obtained.folder}.lock.json, and later downloads to there must have it"
        )
    else:
        say(f"the hash is the one in the {obtained.vouched_by}")
    for folder, count in obtained.annotated.items():
        say(f"{folder}: {count} annotated documents")


def _agree(corpus: "PublishedCorpus", accept_licence: bool) -> None:
    say(f"{corpus.name}: {corpus.description}")
    say(f"from: {corpus.address}")
    say(f"licence: {corpus.licence}")
    say(f"cite: {corpus.citation}")
    if accept_licence:
        return
    if not sys.stdin.isatty():
        raise InputError("corpus get: --accept-licence is needed where nobody can be asked")
    if not typer.confirm("Do you accept the licence?", err=True):
        raise InputError("corpus get: the licence was not accepted; nothing was downloaded")


@contextmanager
def _progress() -> "Iterator[Progress]":
    with progress_bar() as bar:
        task = bar.add_task("bytes", total=None)

        def told(have: int, total: int) -> None:
            bar.update(task, completed=have, total=total or None)

        yield told
