"""Each kind of bad input: one line that says where, what was found, what is accepted; code 2."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Result

GOOD = ("Toma litio 5mg", "T1\tDRUG 5 10\tlitio\n")
WriteCorpus = Callable[..., Path]


def assert_refused(result: Result, message: str) -> None:
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines()[-1] == f"error: {message}"


def assert_failed(result: Result, message: str) -> None:
    """The only document failed: that is counted, and the others would have been predicted."""
    assert (result.code, result.out) == (1, "")
    assert result.err.splitlines()[-2:] == [f"error: {message}", "1 of 1 documents failed"]


def train(cli: Cli, corpus: Path, encoder: Path, *more: object) -> Result:
    output = corpus.parent / "model"
    return cli("train", "--train", corpus, "--encoder", encoder, "--output", output, *more)


def test_a_text_without_annotations(cli: Cli, write_corpus: WriteCorpus, tiny_bert: Path) -> None:
    corpus = write_corpus(S0004=GOOD)
    (corpus / "S0004.ann").unlink()
    assert_refused(train(cli, corpus, tiny_bert), "S0004.txt: S0004.ann is missing")
    assert not (corpus.parent / "model").exists()


def test_an_offset_past_the_end(cli: Cli, write_corpus: WriteCorpus, tiny_bert: Path) -> None:
    corpus = write_corpus(S0004=("Toma litio", "T1\tDRUG 5 10\tlitio\nT2\tDRUG 5 11\tlitio \n"))
    message = "S0004.ann:2: T2 ends at 11, past the text's end; offsets up to 10 are accepted"
    assert_refused(train(cli, corpus, tiny_bert), message)


def test_a_quotation_that_differs_is_refused_on_demand(
    cli: Cli, write_corpus: WriteCorpus, tiny_bert: Path
) -> None:
    corpus = write_corpus(S0004=("Toma litio 5mg", "T7\tDRUG 5 11\tlitio\n"))
    result = train(cli, corpus, tiny_bert, "--on-mismatch", "refuse")
    assert_refused(
        result,
        'S0004.ann:1: T7 covers "litio ", file says "litio"',
    )


def test_a_label_that_the_model_does_not_know(
    cli: Cli, write_corpus: WriteCorpus, trained: Path
) -> None:
    corpus = write_corpus(S0004=("Toma litio", "T1\tGENE 5 10\tlitio\n"))
    assert_refused(
        cli("evaluate", corpus, "--model", trained),
        "S0004: T1 is of type 'GENE', which the model does not know; DRUG, PROTEIN, UNCLEAR are "
        "accepted; evaluate what `pharmaner predict` writes to count such mentions as missed",
    )
    predicted = corpus.parent / "predicted"
    assert cli("predict", corpus, "--model", trained, "--output", predicted).code == 0
    scores = json.loads(cli("evaluate", corpus, predicted, "--json").out)
    assert scores["by_type"]["GENE"]["false_negatives"] == 1


def test_bytes_that_are_not_utf8(
    cli: Cli, write_corpus: WriteCorpus, tiny_bert: Path, trained: Path
) -> None:
    corpus = write_corpus(S0004=GOOD)
    (corpus / "S0004.txt").write_bytes(b"Primera\nalb\xfamina")
    found = "byte 0xfa at position 11 is not UTF-8"
    assert_refused(train(cli, corpus, tiny_bert), f"S0004.txt:2: {found}")
    text = corpus / "S0004.txt"
    assert_failed(cli("predict", "--model", trained, text), f"{text}:2: {found}")
    piped = cli("predict", "--model", trained, stdin=b"alb\xfamina")
    assert_failed(piped, "standard input: byte 0xfa at position 3 is not UTF-8")


def test_a_recipe_with_a_typo(cli: Cli, write_corpus: WriteCorpus, tiny_bert: Path) -> None:
    corpus = write_corpus(S0004=GOOD)
    recipe = corpus.parent / "mine.toml"
    recipe.write_text("[text]\nwindows = 128\n")
    result = train(cli, corpus, tiny_bert, "--recipe", recipe)
    assert_refused(
        result, f"{recipe}: text.windows: unknown key; input, window, context are accepted"
    )


def test_an_output_folder_that_is_not_empty(
    cli: Cli, write_corpus: WriteCorpus, tiny_bert: Path, trained: Path
) -> None:
    corpus = write_corpus(S0004=GOOD)
    output = corpus.parent / "model"
    output.mkdir()
    (output / "precious").write_text("kept")
    message = f"{output}: the output folder is not empty; name a new one"
    assert_refused(train(cli, corpus, tiny_bert), message)
    text = corpus / "S0004.txt"
    assert_refused(cli("predict", "--model", trained, text, "--output", output), message)
    assert [path.name for path in output.iterdir()] == ["precious"]


@pytest.mark.parametrize("name", ["tokenizer.json", "model.safetensors", "recipe.toml"])
def test_a_model_folder_without_one_of_its_files(
    cli: Cli, trained: Path, tmp_path: Path, name: str
) -> None:
    model = tmp_path / "model"
    shutil.copytree(trained, model)
    (model / name).unlink()
    assert_refused(cli("predict", "--model", model, stdin=b"litio"), f"{model}: {name} is missing")


def test_no_model_folder_at_all(cli: Cli, tmp_path: Path) -> None:
    assert_refused(
        cli("predict", "--model", tmp_path, stdin=b"litio"),
        f"{tmp_path}: holds no manifest.json, so it is no model folder",
    )


@pytest.mark.parametrize("encoder", ["no-such/encoder", "no such encoder", "./no-such-folder"])
def test_an_encoder_that_cannot_be_had(cli: Cli, write_corpus: WriteCorpus, encoder: str) -> None:
    result = train(cli, write_corpus(S0004=GOOD), Path(encoder))
    assert result.code == 2
    assert len(result.err.splitlines()) == 2
    assert result.err.splitlines()[-1].startswith("error: ")


def test_no_such_folder(cli: Cli, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    message = (
        f"error: {nowhere}: no such file or folder; a brat folder, or a file or folder of conll,"
    )
    result = cli("audit", nowhere)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(message)
    assert len(result.err.splitlines()) == 1


def test_a_folder_whose_sub_folders_hold_the_texts(cli: Cli, write_corpus: WriteCorpus) -> None:
    corpus = write_corpus(S0004=GOOD)
    message = f"{corpus.parent}: holds no .txt and no .ann files; its sub-folders corpus do"
    assert_refused(cli("audit", corpus.parent), message)


@pytest.mark.parametrize("text", ["", "  \n\t \u00a0\r\n"])
def test_texts_without_a_word_are_predicted_as_they_are(cli: Cli, trained: Path, text: str) -> None:
    result = cli("predict", "--model", trained, stdin=text.encode())
    assert result.code == 0
    record = json.loads(result.out)
    expected = {"id": "stdin", "text": text, "mentions": [], "characters_covered": len(text)}
    assert record == expected


def test_documents_without_a_word_are_trained_on_and_scored(
    cli: Cli, write_corpus: WriteCorpus, tiny_bert: Path, tiny_settings: list[str]
) -> None:
    corpus = write_corpus(good=GOOD, empty=("", ""), blank=(" \n ", ""))
    result = train(cli, corpus, tiny_bert, "--dev", corpus, *tiny_settings)
    assert result.code == 0
    assert cli("evaluate", corpus, "--model", corpus.parent / "model").code == 0


def test_a_megabyte_on_a_single_line_is_covered_wholly(cli: Cli, trained: Path) -> None:
    sentence = "Toma litio 5mg y control de ferritina en sangre. "
    text = sentence * (1_000_000 // len(sentence) + 1)
    result = cli("predict", "--model", trained, stdin=text.encode())
    assert result.code == 0
    record = json.loads(result.out)
    assert record["characters_covered"] == len(text) >= 1_000_000
    assert record["mentions"][-1]["start"] > len(text) - len(sentence)
    for mention in record["mentions"]:
        assert text[mention["start"] : mention["end"]] == mention["text"]


def test_a_text_in_place_of_a_file(cli: Cli, trained: Path) -> None:
    text = "Se inició tratamiento con metotrexato. " * 10
    result = cli("predict", text, "--model", trained)
    assert_refused(result, f"{text}: File name too long")
    assert_refused(cli("audit", text), f"{text}: File name too long")


@pytest.mark.parametrize("host", ["n..x", "x" * 64 + ".org"])
def test_a_host_that_is_no_name(cli: Cli, trained: Path, host: str) -> None:
    result = cli("serve", "--model", trained, "--host", host, "--port", "0")
    assert (result.code, result.out) == (2, "")
    assert f"error: {host}:0: cannot be listened on: " in result.err
