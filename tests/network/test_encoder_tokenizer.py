"""Special pieces: as a folder's configuration names them, else as its family has them."""

import json
import shutil
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from pharmaner.errors import EncoderError
from pharmaner.network.encoder_tokenizer import encoder_tokenizer, save_tokenizer, special_pieces
from pharmaner.text.words import split_words
from pharmaner.training.pruning import piece_rates

HUB_CONFIG = {"do_lower_case": False, "model_max_length": 512}
"""As older encoders have it on the hub: no special piece is named."""


@pytest.fixture(params=["tokenizer.json", "vocab.txt"])
def unnamed(request: pytest.FixtureRequest, tiny_bert: Path, tmp_path: Path) -> Path:
    """The tiny encoder, its special pieces in its vocabulary alone."""
    folder = tmp_path / "encoder"
    folder.mkdir()
    shutil.copy(tiny_bert / "config.json", folder)
    if request.param == "tokenizer.json":
        shutil.copy(tiny_bert / "tokenizer.json", folder)
        (folder / "tokenizer_config.json").write_text(json.dumps(HUB_CONFIG))
    else:
        described = json.loads((tiny_bert / "tokenizer.json").read_text())
        places = described["model"]["vocab"]
        lines = (f"{piece}\n" for piece in sorted(places, key=places.__getitem__))
        (folder / "vocab.txt").write_text("".join(lines))
    return folder


def test_what_no_configuration_names_is_that_of_the_family(tiny_bert: Path, unnamed: Path) -> None:
    named = special_pieces(tiny_bert, encoder_tokenizer(tiny_bert))
    assert {"unk_token", "pad_token", "mask_token"} <= named.keys()
    tokenizer = encoder_tokenizer(unnamed)
    found = special_pieces(unnamed, tokenizer)
    assert found == named
    assert (
        piece_rates(tokenizer, found.get("unk_token"), ["con \u4e2d"]).unknown_per_thousand == 500
    )


def test_plain_transformers_can_pad_with_what_is_saved(unnamed: Path, tmp_path: Path) -> None:
    tokenizer = encoder_tokenizer(unnamed)
    saved = tmp_path / "saved"
    saved.mkdir()
    save_tokenizer(tokenizer, unnamed, saved)
    shutil.copy(unnamed / "config.json", saved)
    texts = ["litio", "toma litio con la"]
    theirs = AutoTokenizer.from_pretrained(saved, local_files_only=True)
    short, long = theirs(texts, padding=True)["input_ids"]
    pieces = tokenizer.pieces(texts[1], split_words(texts[1])).ids.tolist()
    assert long == [*tokenizer.prefix, *pieces, *tokenizer.suffix]
    assert len(short) == len(long)
    assert short[-1] == special_pieces(unnamed, tokenizer)["pad_token"]


@pytest.mark.parametrize("piece", [{"x": 1}, {"content": 5}, 5, ["[MASK]"]])
def test_a_special_piece_that_is_none_is_one_line(
    tiny_bert: Path, tmp_path: Path, piece: object
) -> None:
    folder = shutil.copytree(tiny_bert, tmp_path / "encoder")
    (folder / "tokenizer_config.json").write_text(json.dumps({"mask_token": piece}))
    with pytest.raises(EncoderError, match=r"encoder: its mask_token is .*; a piece is accepted$"):
        encoder_tokenizer(folder)
