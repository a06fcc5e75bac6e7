"""``pharmaner encoders``."""

from pharmaner.cli.console import stdout


def encoders() -> None:
    """List the encoders that --encoder knows by name, and which of them are present."""
    from rich.table import Table

    from pharmaner.encoders.exported import SHIPPED_ENCODER
    from pharmaner.encoders.packaged import PACKAGED, how_to_install, is_installed
    from pharmaner.model_folder import shipped_folder

    table = Table()
    for column in ("--encoder", "present", "what it is", "to install it"):
        table.add_column(column, overflow="fold")
    for name, package in PACKAGED.items():
        present = "yes" if is_installed(name) else "no"
        table.add_row(name, present, package.description, how_to_install(name))
    present = "yes" if shipped_folder() else "no"
    table.add_row(SHIPPED_ENCODER, present, "the encoder of the tagger in this package", "")
    table.add_row("FOLDER", "", "any encoder in the Hugging Face layout, any tagger's folder", "")
    table.add_row("owner/model", "", "any encoder on the Hugging Face hub", "")
    stdout().print(table)
