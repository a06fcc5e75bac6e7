"""A pruned encoder reads the texts it was pruned for exactly as before."""

import json
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from transformers import AutoModel
from transformers.utils import logging

from pharmaner.errors import EncoderError
from pharmaner.network.encoder_tokenizer import encoder_tokenizer
from pharmaner.text.pieces import PieceTokenizer
from pharmaner.text.words import split_words
from pharmaner.training.pruning import piece_rates, prune_vocabulary

TEXTS = ["Toma litio 5mg con el desayuno.", "Control de ferritina (12µg/l)"]


@pytest.fixture(params=["wordpiece", "unigram"])
def encoder(
    request: pytest.FixtureRequest, tiny_tokenizers: dict[str, Tokenizer], tmp_path: Path
) -> Path:
    """An encoder whose vocabulary has pieces of other scripts between its own."""
    logging.disable_progress_bar()
    described = json.loads(tiny_tokenizers[request.param].to_str())
    strange = [f"▁中{n}" for n in range(50)]
    if request.param == "unigram":
        described["model"]["vocab"][10:10] = [[piece, -1.0] for piece in strange]
    else:
        for piece in strange:
            described["model"]["vocab"][piece] = len(described["model"]["vocab"])
    folder = tmp_path / "encoder"
    folder.mkdir()
    (folder / "tokenizer.json").write_text(json.dumps(described))
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(described["model"]["vocab"]) + 3,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        pad_token_id=0,
    )
    BertModel(config).save_pretrained(folder)
    return folder


def states(folder: Path, text: str) -> tuple[list[str], torch.Tensor]:
    tokenizer = encoder_tokenizer(folder)
    pieces = tokenizer.pieces(text, split_words(text))
    ids = [*tokenizer.prefix, *pieces.ids.tolist(), *tokenizer.suffix]
    network = AutoModel.from_pretrained(folder, local_files_only=True).eval()
    with torch.inference_mode():
        hidden = network(torch.tensor([ids])).last_hidden_state
    return [str(tokenizer.tokenizer.id_to_token(i)) for i in ids], hidden


def test_pieces_and_hidden_states_stay_while_the_vocabulary_shrinks(
    encoder: Path, tmp_path: Path
) -> None:
    kept = prune_vocabulary(encoder, TEXTS, tmp_path / "pruned", size=10)
    before = encoder_tokenizer(encoder).tokenizer.get_vocab_size()
    assert kept == encoder_tokenizer(tmp_path / "pruned").tokenizer.get_vocab_size() <= before - 50
    for text in TEXTS:
        pieces, hidden = states(encoder, text)
        pruned_pieces, pruned_hidden = states(tmp_path / "pruned", text)
        assert pruned_pieces == pieces
        torch.testing.assert_close(pruned_hidden, hidden, rtol=0, atol=0)


def test_any_latin_or_greek_text_still_has_characters_for_pieces(
    encoder: Path, tmp_path: Path
) -> None:
    prune_vocabulary(encoder, [], tmp_path / "pruned", size=0)
    text = "zyx αβγ 0987 (ñandú), ¿qué?"
    rates = [
        piece_rates(tokenizer, tokenizer.tokenizer.token_to_id(unk), [text])
        for tokenizer in map(encoder_tokenizer, (encoder, tmp_path / "pruned"))
        for unk in ("<unk>", "[UNK]")
        if tokenizer.tokenizer.token_to_id(unk) is not None
    ]
    assert [rate.words for rate in rates] == [len(split_words(text))] * 2
    assert rates[0].unknown_per_thousand == rates[1].unknown_per_thousand == 0


def test_rates_count_pieces_and_unknown_ones(tiny_tokenizers: dict[str, Tokenizer]) -> None:
    tokenizer = PieceTokenizer(Tokenizer.from_str(tiny_tokenizers["wordpiece"].to_str()))
    rates = piece_rates(tokenizer, tokenizer.tokenizer.token_to_id("[UNK]"), ["con 中 lit"])
    assert (rates.words, rates.pieces_per_word) == (3, 5 / 3)
    assert rates.unknown_per_thousand == pytest.approx(1000 / 3)


def test_tokens_added_past_the_vocabulary_keep_their_embeddings(
    encoder: Path, tmp_path: Path
) -> None:
    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    tokenizer.add_tokens(["paracetamolito", "enalaprilito"])
    tokenizer.save(str(encoder / "tokenizer.json"))
    text = "con enalaprilito y paracetamolito"
    kept = prune_vocabulary(encoder, TEXTS, tmp_path / "pruned", size=10)
    pieces, hidden = states(encoder, text)
    assert {"enalaprilito", "paracetamolito"} <= set(pieces)
    pruned_pieces, pruned_hidden = states(tmp_path / "pruned", text)
    assert pruned_pieces == pieces
    torch.testing.assert_close(pruned_hidden, hidden, rtol=0, atol=0)
    assert kept < tokenizer.get_vocab_size()


def test_a_tokenizer_that_leaves_its_models_type_to_be_guessed_is_pruned(
    encoder: Path, tmp_path: Path
) -> None:
    described = json.loads((encoder / "tokenizer.json").read_text())
    del described["model"]["type"]
    (encoder / "tokenizer.json").write_text(json.dumps(described))
    prune_vocabulary(encoder, TEXTS, tmp_path / "pruned", size=10)
    assert states(tmp_path / "pruned", TEXTS[0])[0] == states(encoder, TEXTS[0])[0]


@pytest.mark.parametrize(
    ("file", "key", "value", "said"),
    [
        ("config.json", "vocab_size", None, "cannot be pruned: "),
        ("config.json", "vocab_size", 20, "config.json has 20 pieces, its tokenizer "),
        (
            "tokenizer.json",
            "post_processor",
            {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
            "a BertProcessing tokenizer; TemplateProcessing is accepted",
        ),
    ],
)
def test_what_cannot_be_pruned_is_one_line_that_names_the_folder(
    encoder: Path, tmp_path: Path, file: str, key: str, value: object, said: str
) -> None:
    content = json.loads((encoder / file).read_text())
    (encoder / file).write_text(json.dumps(content | {key: value}))
    with pytest.raises(EncoderError, match=f"^{encoder}: {said}"):
        prune_vocabulary(encoder, TEXTS, tmp_path / "pruned")
    assert not (tmp_path / "pruned").exists()


def test_a_byte_level_vocabulary_is_refused(
    encoder: Path, tiny_tokenizers: dict[str, Tokenizer], tmp_path: Path
) -> None:
    tiny_tokenizers["byte_level"].save(str(encoder / "tokenizer.json"))
    with pytest.raises(EncoderError, match="a BPE vocabulary; Unigram and WordPiece are accepted"):
        prune_vocabulary(encoder, TEXTS, tmp_path / "pruned")
    assert not (tmp_path / "pruned").exists()
