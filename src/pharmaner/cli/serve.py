"""``pharmaner serve``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pharmaner.cli.console import say
from pharmaner.cli.dictionaries import load_dictionary, named_lists
from pharmaner.cli.options import DictionaryOption, ModelOption
from pharmaner.errors import InputError, MissingExtraError


class LogLevel(StrEnum):
    """The least that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def serve(
    model: ModelOption = None,
    dictionary: DictionaryOption = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="The port; 0 takes a free one.", min=0, max=65535)
    ] = 8000,
    config: Annotated[
        Path | None, typer.Option(help="A TOML file with [limits] and the [keys] to accept.")
    ] = None,
    log_level: Annotated[
        LogLevel, typer.Option(help="What is logged: sizes and times, never a text.")
    ] = LogLevel.INFO,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Make an API key and its line for [keys], and end.")
    ] = False,
) -> None:
    """Answer over HTTP: a JSON API on this machine, with API keys if you like."""
    try:
        from pharmaner.server.run import serve as run_server
        from pharmaner.server.security import new_key as make_key
        from pharmaner.server.settings import Settings, load_settings
    except ImportError:
        raise MissingExtraError(
            "serving needs FastAPI and uvicorn; `pip install 'pharmaner[serve]'` brings them"
        ) from None
    if new_key:
        key, digest = make_key()
        say(f"the key, shown this once: {key}")
        say("under [keys] of the file that --config names, with the client's name:")
        typer.echo(f'client = "{digest}"')
        return
    from pharmaner.model_folder import open_model_folder, shipped_folder

    if (model := model or shipped_folder()) is None:
        raise InputError("serve: --model DIR is needed, a folder that `pharmaner train` wrote")
    settings = load_settings(config) if config else Settings()
    names = load_dictionary(named_lists(dictionary))
    run_server(open_model_folder(model), settings, host, port, log_level, say, names)
