"""``pharmaner convert``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pharmaner.cli.console import say
from pharmaner.cli.options import EncodingOption, IdColumnOption, TextColumnOption

if TYPE_CHECKING:
    from pharmaner.corpora.formats.conversion import Account

DOCUMENTS_NAMED = 3


def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A corpus: a file or a folder.")],
    output: Annotated[Path, typer.Argument(metavar="OUT", help="What to write, new.")],
    from_format: Annotated[
        str, typer.Option("--from", metavar="FORMAT", help="The format of IN; by default guessed.")
    ] = "",
    to_format: Annotated[
        str, typer.Option("--to", metavar="FORMAT", help="The format of OUT; by its suffix if not.")
    ] = "",
    strict: Annotated[bool, typer.Option(help="Write nothing if anything would be lost.")] = False,
    encoding: EncodingOption = "utf-8",
    text_column: TextColumnOption = "text",
    id_column: IdColumnOption = "id",
) -> None:
    """Convert a corpus between formats; says what was converted and what could not be."""
    from pharmaner.corpora.formats.conversion import convert as run_conversion
    from pharmaner.corpora.formats.guessing import format_to_write
    from pharmaner.corpora.formats.source import Source
    from pharmaner.corpora.formats.table import named_format

    form = named_format(from_format) if from_format else None
    target = named_format(to_format) if to_format else format_to_write(output)
    given = Source(source, encoding, text_column, id_column)
    account = run_conversion(given, form, target, output, strict)
    _print(account, output)
    is_auditable = form is None and given == Source(source)
    _say_problems(account, f": `pharmaner audit {source}` lists them" if is_auditable else "")


def _print(account: "Account", output: Path) -> None:
    typer.echo(f"{output}: {account.documents} documents, {account.mentions} mentions")
    for (feature, message), documents in account.lost.items():
        named = list(dict.fromkeys(documents))
        shown = ", ".join(named[:DOCUMENTS_NAMED]) + (", ..." if named[DOCUMENTS_NAMED:] else "")
        typer.echo(f"lost: {len(documents)} {feature.value}: {message} ({shown})")
    if not account.losses and not account.not_read:
        typer.echo("nothing was lost")


def _say_problems(account: "Account", where_all_are: str) -> None:
    from pharmaner.corpora.report import summary

    if not account.problems:
        return
    say(f"found in the original: {summary(account.problems)}")
    for problem in account.problems[:DOCUMENTS_NAMED]:
        say(str(problem))
    if more := len(account.problems[DOCUMENTS_NAMED:]):
        say(f"and {more} more{where_all_are}")
