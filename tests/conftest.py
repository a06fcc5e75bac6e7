"""Small random encoders and corpora, made here and never downloaded."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pharmaner.document import Document
    from pharmaner.recipe import Recipe

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"

SHARED = Path(__file__).parents[2] / "shared"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")

SAMPLE = Path(__file__).parents[1] / "src" / "pharmaner" / "sample"

LETTERS = "abcdefghijklmnopqrstuvwxyzáéíóúñüαβγµ"
PIECES = [*LETTERS, *"0123456789.,;:-/()+%<>=\"'¿?¡!", "de", "el", "la", "con", "mg", "ina", "ol"]


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT with a WordPiece tokenizer over single characters and some syllables."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = [*special, *PIECES, *(f"##{piece}" for piece in PIECES)]
    index = {piece: place for place, piece in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.WordPiece(index, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.add_special_tokens(special)
    tokenizer.enable_truncation(max_length=16)  # encoders come so; it must never cut a text
    folder = tmp_path_factory.mktemp("tiny-bert")
    tokenizer.save(str(folder / "tokenizer.json"))
    names = dict(zip(["pad", "unk", "cls", "sep", "mask"], special, strict=True))
    config = {f"{name}_token": piece for name, piece in names.items()}
    config["model_max_length"] = 256
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    _save_random_bert(folder, len(vocabulary))
    return folder


def _save_random_bert(folder: Path, vocabulary: int) -> None:
    import torch
    from transformers import BertConfig, BertModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=256,
        pad_token_id=0,
    )
    BertModel(config).save_pretrained(folder)


@pytest.fixture(scope="session")
def tiny_tokenizers(tiny_bert: Path) -> "dict[str, object]":
    """A WordPiece, a Unigram (Metaspace) and a byte-level BPE tokenizer, as encoders have them."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    unigram = Tokenizer(
        models.Unigram(
            [("<s>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
            + [(piece, -4.0 + len(piece)) for piece in PIECES]
            + [(f"▁{piece}", -4.0 + len(piece)) for piece in PIECES if piece.isalpha()],
            unk_id=2,
        )
    )
    unigram.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    unigram.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    index = {piece: place for place, piece in enumerate(["<s>", "</s>", *alphabet])}
    byte_level = Tokenizer(models.BPE(index, []))
    byte_level.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    for tokenizer in (unigram, byte_level):
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
        )
        tokenizer.add_special_tokens(["<s>", "</s>"])
    bert = Tokenizer.from_file(str(tiny_bert / "tokenizer.json"))
    return {"wordpiece": bert, "unigram": unigram, "byte_level": byte_level}


@pytest.fixture
def write_corpus(tmp_path: Path) -> Callable[..., Path]:
    """Writes a brat folder from ``name=(text, annotations)``, byte for byte."""

    def write(folder: str = "corpus", **documents: tuple[str, str]) -> Path:
        target = tmp_path / folder
        target.mkdir()
        for name, (text, annotations) in documents.items():
            (target / f"{name}.txt").write_bytes(text.encode())
            (target / f"{name}.ann").write_bytes(annotations.encode())
        return target

    return write


@pytest.fixture(scope="session")
def small_corpus() -> "list[Document]":
    """Eight short notes whose drugs and proteins recur, learnable by a tiny encoder."""
    from pharmaner.document import Document, Mention

    drugs = ["enalapril", "sodio", "omeprazol", "litio"]
    proteins = ["albúmina", "ferritina", "insulina", "mioglobina"]
    documents = []
    for number in range(8):
        drug, protein = drugs[number % 4], proteins[(number // 2) % 4]
        text = f"Toma {drug} 5mg.\nControl de {protein} en sangre ({protein} alta)."
        mentions = [Mention.at(5, 5 + len(drug), "DRUG")]
        start = text.index(protein)
        while start >= 0:
            mentions.append(Mention.at(start, start + len(protein), "PROTEIN"))
            start = text.find(protein, start + 1)
        documents.append(Document(f"note-{number}", text, tuple(mentions)))
    return documents


@pytest.fixture(scope="session")
def tiny_recipe(tiny_bert: Path) -> "Recipe":
    """A recipe in fp32 for the tiny encoder."""
    from pharmaner.recipe import load_recipe

    settings = ["training.epochs=3", "training.precision=fp32", "training.batch_pieces=64"]
    settings += ["text.window=32", "text.context=4", f"encoder.name='{tiny_bert}'"]
    return load_recipe("default", settings)


@pytest.fixture(scope="session")
def trained(
    small_corpus: "list[Document]", tiny_recipe: "Recipe", tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A model folder that knows the small corpus by heart."""
    from pharmaner.training.train import train

    changes = {"epochs": 40, "learning_rate": 3e-3, "head_learning_rate": 3e-3}
    training = tiny_recipe.training.model_copy(update=changes)
    recipe = tiny_recipe.model_copy(update={"training": training})
    output = tmp_path_factory.mktemp("trained") / "model"
    train(recipe, small_corpus, small_corpus, output=output)
    return output


@pytest.fixture(scope="session")
def exported(
    trained: Path, small_corpus: "list[Document]", tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The model folder that knows the small corpus by heart, as an ONNX graph in fp32."""
    from pharmaner.export.export import export_model

    folder = tmp_path_factory.mktemp("exported") / "model"
    export_model(trained, folder, labelled=small_corpus)
    return folder


@pytest.fixture(scope="session")
def tiny_settings() -> list[str]:
    """The options of ``train`` that make a tiny encoder's training short."""
    settings = ["training.epochs=2", "training.precision=fp32", "text.window=32", "text.context=4"]
    return [option for setting in settings for option in ("--set", setting)]
