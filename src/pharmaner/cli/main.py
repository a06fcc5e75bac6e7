"""The command line: one file a verb; each parses, calls the library and prints."""

import errno
import os
import sys

import typer

from pharmaner.cli import (
    agreement,
    audit,
    calibrate,
    compare,
    convert,
    corpus,
    demo,
    encoders,
    errors,
    evaluate,
    export,
    pack,
    predict,
    pretrain,
    report,
    serve,
    train,
    tune,
)
from pharmaner.errors import PharmanerError

# Idle OpenMP threads spin by default, which slows whatever shares the processor, and training
# itself, up to tenfold; a short spin costs nothing when nothing else runs.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
# To look for plugins, pydantic opens the metadata of every package that is installed.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")

DISK_FAILURES = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
"""What a full disk, a used-up quota, or a disk that may not be written to says."""

app = typer.Typer(
    name="pharmaner",
    help="Find drugs, chemicals, proteins, or whatever you have annotated, in clinical text.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # rich takes as long to load as everything else that --help needs
    pretty_exceptions_enable=False,
)
app.command()(audit.audit)
app.command()(convert.convert)
app.command()(agreement.agreement)
app.command()(train.train)
app.command()(evaluate.evaluate)
app.command()(errors.errors)
app.command()(predict.predict)
app.command()(calibrate.calibrate)
app.command()(serve.serve)
app.command()(compare.compare)
app.command()(report.report)
app.command()(export.export)
app.command()(encoders.encoders)
app.command()(pretrain.pretrain)
app.command()(pack.pack)
app.command()(tune.tune)
app.command()(demo.demo)
app.add_typer(corpus.app, name="corpus")


def run() -> None:
    """Run the command line; bad input is one line on standard error and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # a closed one
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")  # type: ignore[union-attr]
    try:
        app()
    except PharmanerError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
    except OSError as error:
        if error.errno in DISK_FAILURES:
            place = error.filename or "the disk"
            sys.stderr.write(f"error: {place}: cannot be written: {error.strerror}\n")
        elif error.filename is not None:
            sys.stderr.write(f"error: {error.filename}: {error.strerror}\n")
        else:
            raise
        sys.exit(2)
