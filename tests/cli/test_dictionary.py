"""``--dictionary``: a user's names and codes in what the verbs write."""

import json
from pathlib import Path

import pytest

from pharmaner.corpora.folder import read_folder, write_folder
from pharmaner.decoding import decoder
from pharmaner.document import Document
from pharmaner.report.prediction_folder import PredictionFolder
from tests.cli.conftest import Cli
from tests.cli.test_bad_input import assert_refused

NOTE = b"Toma litio 5mg."


@pytest.fixture
def drugs(tmp_path: Path) -> Path:
    path = tmp_path / "drugs.tsv"
    path.write_text("Litio\tATC:N05AN01\nlitio\tMESH:D008094\n")
    return path


def test_codes_stand_in_json_lines_and_in_brat(
    cli: Cli, trained: Path, drugs: Path, tmp_path: Path
) -> None:
    command = ("predict", "--model", trained, "--dictionary", f"DRUG={drugs}")
    (mention,) = json.loads(cli(*command, stdin=NOTE).out)["mentions"]
    assert (mention["text"], mention["codes"]) == ("litio", ["ATC:N05AN01", "MESH:D008094"])
    (without,) = json.loads(cli(*command[:3], stdin=NOTE).out)["mentions"]
    assert "codes" not in without
    (tmp_path / "note.txt").write_bytes(NOTE)
    assert cli(*command, tmp_path / "note.txt", "--output", tmp_path / "brat").code == 0
    (document,) = read_folder(tmp_path / "brat").documents
    assert document.mentions[0].codes == ("ATC:N05AN01", "MESH:D008094")


def test_a_run_is_resumed_with_the_same_lists_only(
    cli: Cli, trained: Path, drugs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "note.txt").write_bytes(NOTE)
    output = tmp_path / "out"
    command = ("predict", "--model", trained, tmp_path / "note.txt", "--output", output)
    command = (*command, "--dictionary", f"DRUG={drugs}")

    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(PredictionFolder, "_write", interrupted)
        assert cli(*command).code == 130
    listed = drugs.read_text()
    drugs.write_text("sodio\n")
    assert cli(*command, "--resume").code == 2
    drugs.write_text(listed)
    assert cli(*command, "--resume").code == 0
    assert output.is_dir()


def test_a_model_is_evaluated_with_the_list(
    cli: Cli,
    trained: Path,
    small_corpus: list[Document],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_folder(small_corpus, tmp_path / "gold")
    (tmp_path / "wrong.txt").write_text("Toma\n")
    monkeypatch.setattr(decoder, "LISTED", 1000.0)
    command = ("evaluate", tmp_path / "gold", "--model", trained, "--json")
    without = json.loads(cli(*command).out)
    informed = json.loads(cli(*command, "--dictionary", f"DRUG={tmp_path / 'wrong.txt'}").out)
    notes_with_the_word = sum("Toma " in d.text for d in small_corpus)
    assert notes_with_the_word > 0
    added = informed["false_positives"] - without["false_positives"]
    assert added >= notes_with_the_word
    analysed = cli("errors", *command[1:], "--dictionary", f"DRUG={tmp_path / 'wrong.txt'}")
    score = json.loads(analysed.out)["score"]
    assert score["false_positives"] == informed["false_positives"]


def test_what_a_dictionary_cannot_be_is_refused(
    cli: Cli, trained: Path, drugs: Path, tmp_path: Path
) -> None:
    def given(value: str) -> tuple[object, ...]:
        return ("predict", "--model", trained, "--dictionary", value)

    assert_refused(
        cli(*given(str(drugs)), stdin=NOTE), f"--dictionary {drugs}: TYPE=FILE is accepted"
    )
    message = f"the dictionary has the type GENE, {trained} has not; DRUG, PROTEIN are accepted"
    assert_refused(cli(*given(f"GENE={drugs}"), stdin=NOTE), message)
    message = f"{tmp_path}: cannot be read; a list of names in UTF-8 is accepted"
    assert_refused(cli(*given(f"DRUG={tmp_path}"), stdin=NOTE), message)
    message = "evaluate: --dictionary goes with --model, not with PREDICTED"
    command = ("evaluate", tmp_path, tmp_path, "--dictionary", f"DRUG={drugs}")
    assert_refused(cli(*command), message)
