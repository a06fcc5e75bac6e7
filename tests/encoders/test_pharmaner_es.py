"""The encoder in the package: whole, small, and one that knows Spanish clinical texts."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForMaskedLM, AutoTokenizer

from pharmaner.encoders.source import find_encoder
from pharmaner.network.encoder_tokenizer import encoder_tokenizer, special_pieces
from pharmaner.training.pruning import piece_rates

ROOT = Path(__file__).parents[2]
PACKAGED = ROOT / "src" / "pharmaner" / "encoders" / "pharmaner_es"
SENTENCES = (
    ("La paciente presentó una evolución <mask> y fue dada de alta.", "favorable"),
    ("La ecografía <mask> mostró litiasis biliar.", "abdominal"),
    ("Varón de 60 <mask> de edad, fumador.", "años"),
    ("Antecedentes de hipertensión <mask> en tratamiento con enalapril.", "arterial"),
)


@pytest.fixture(scope="module")
def folder() -> Path:
    return find_encoder("pharmaner-es").location


def test_it_is_small_and_says_where_it_comes_from() -> None:
    assert sum(path.stat().st_size for path in PACKAGED.iterdir()) <= 40e6
    card = (PACKAGED / "README.md").read_text(encoding="utf-8")
    for source in ("multilingual-e5-small", "MIT", "CC BY 4.0", "pharmaner pretrain"):
        assert source in card


def test_plain_transformers_fill_in_clinical_words_with_it(folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = AutoModelForMaskedLM.from_pretrained(folder).eval()
    for sentence, expected in SENTENCES:
        pieces = tokenizer(sentence, return_tensors="pt")
        hidden = int((pieces["input_ids"][0] == tokenizer.mask_token_id).nonzero())
        with torch.inference_mode():
            best = int(network(**pieces).logits[0, hidden].argmax())
        assert tokenizer.decode([best]).strip() == expected, sentence


def test_it_leaves_no_word_of_english_abstracts_unknown(folder: Path) -> None:
    tokenizer = encoder_tokenizer(folder)
    unknown = special_pieces(folder, tokenizer)["unk_token"]
    abstracts = (ROOT / "benchmarks" / "english").glob("*.txt")
    rates = piece_rates(tokenizer, unknown, [path.read_text("utf-8") for path in abstracts])
    assert rates.words > 500
    assert rates.unknown_per_thousand == 0
    assert rates.pieces_per_word < 1.5
