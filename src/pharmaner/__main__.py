"""``python -m pharmaner``."""

from pharmaner.cli.main import run

run()
