"""What ``--set`` sets and an option of its own too."""

from pathlib import Path

import pytest

from tests.cli.conftest import Cli


@pytest.mark.parametrize("verb", ["train", "tune", "pretrain"])
@pytest.mark.parametrize(
    ("option", "value", "key"),
    [("--seed", "1", "training.seed"), ("--encoder", "other", "encoder.name")],
)
def test_an_option_and_a_setting_of_the_same_are_refused(
    cli: Cli, tmp_path: Path, verb: str, option: str, value: str, key: str
) -> None:
    given = ["--text", tmp_path] if verb == "pretrain" else ["--train", tmp_path]
    given += ["--dev", tmp_path, "--space", "wide"] if verb == "tune" else []
    given += ["--encoder", "one"] if verb == "pretrain" and option == "--seed" else []
    result = cli(verb, *given, "--output", tmp_path / "out", option, value, "--set", f"{key}=2")
    assert (result.code, result.out) == (2, "")
    said = f"error: {verb}: {option} and --set {key}; one of them is accepted"
    assert result.err.splitlines()[-1] == said
    assert not list(tmp_path.iterdir())
