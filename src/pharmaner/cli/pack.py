"""``pharmaner pack``."""

from pathlib import Path
from typing import Annotated

import typer

from pharmaner.cli.console import say
from pharmaner.cli.options import EncoderOption


def pack(
    encoder: EncoderOption,
    output: Annotated[Path, typer.Option(help="The encoder folder to write.")],
) -> None:
    """Write an encoder in int8, a quarter of its size; --encoder reads the folder as any other."""
    from pharmaner.encoders.int8 import pack_encoder
    from pharmaner.encoders.source import find_encoder

    source = find_encoder(encoder).location
    pack_encoder(source, output)
    before, after = (sum(p.stat().st_size for p in f.iterdir()) / 1e6 for f in (source, output))
    say(f"{before:.1f} MB packed into {after:.1f} MB: {output}")
