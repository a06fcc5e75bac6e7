"""``agreement``: the tables, the JSON, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

TEXT = "Toma litio y sodio"


@pytest.fixture
def annotators(write_corpus: Callable[..., Path]) -> tuple[Path, Path]:
    first = write_corpus(
        "ana", a=(TEXT, "T1\tDRUG 5 10\tlitio\nT2\tDRUG 13 18\tsodio\n"), b=("", "")
    )
    second = write_corpus("berta", a=(TEXT, "T1\tDRUG 5 10\tlitio\nT2\tDRUG 11 18\ty sodio\n"))
    return first, second


def test_agreement_prints_scores_and_disagreements(cli: Cli, annotators: tuple[Path, Path]) -> None:
    result = cli("agreement", *annotators)
    assert result.code == 0
    assert "ana and berta, 1 documents" in result.out
    assert "50.00" in result.out
    assert "boundary" in result.out
    assert "DRUG 11 18 y sodio" in " ".join(result.out.split())
    assert "b: only ana has it, not compared" in result.err.splitlines()


def test_agreement_reads_any_format_and_prints_json(
    cli: Cli, annotators: tuple[Path, Path]
) -> None:
    first, second = annotators
    other = first.parent / "berta.jsonl"
    cli("convert", second, other)
    result = cli("agreement", first, second, other, "--json")
    pairs = json.loads(result.out)["pairs"]
    assert [(p["first"], p["second"], p["f1"]) for p in pairs] == [
        ("ana", "berta", 0.5),
        ("ana", "berta.jsonl", 0.5),
        ("berta", "berta.jsonl", 1.0),
    ]
    assert pairs[0]["by_type"]["DRUG"] == {
        "both": 1,
        "first_alone": 1,
        "second_alone": 1,
        "f1": 0.5,
    }


def test_one_corpus_has_nobody_to_agree_with(cli: Cli, annotators: tuple[Path, Path]) -> None:
    for corpora in ((annotators[0],), (annotators[0], annotators[0])):
        result = cli("agreement", *corpora)
        message = "error: agreement: two or more different corpora are accepted\n"
        assert (result.code, result.err) == (2, message)


def test_a_text_that_one_has_not_annotated_yet_is_not_compared(
    cli: Cli, annotators: tuple[Path, Path]
) -> None:
    first, second = annotators
    (second / "c.txt").write_text(TEXT)
    (first / "c.txt").write_text(TEXT)
    (first / "c.ann").write_text("T1\tDRUG 5 10\tlitio\n")
    result = cli("agreement", first, second)
    assert (result.code, "ana and berta, 1 documents" in result.out) == (0, True)
    assert "c: only ana has it, not compared" in result.err.splitlines()
    assert f"{second}: 1 missing_ann; " in result.err


def test_two_who_marked_nothing_have_no_score(cli: Cli, write_corpus: Callable[..., Path]) -> None:
    folders = [write_corpus(name, a=(TEXT, "")) for name in ("ana", "berta")]
    result = cli("agreement", *folders)
    (row,) = [line for line in result.out.splitlines() if "all" in line]
    assert row.split()[2:] == ["│", "–", "│", "0", "│", "0", "│", "0", "│"]
