"""Small random encoders and corpora, made here and never downloaded."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.small_inputs import PIECES, small_notes, write_tiny_bert

if TYPE_CHECKING:
    from pharmaner.document import Document
    from pharmaner.recipe import Recipe

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"

SHARED = Path(__file__).parents[2] / "shared"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")

SAMPLE = Path(__file__).parents[1] / "src" / "pharmaner" / "sample"


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT with a WordPiece tokenizer over single characters and some syllables."""
    folder = tmp_path_factory.mktemp("tiny-bert")
    write_tiny_bert(folder)
    return folder


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
    return small_notes()


@pytest.fixture(scope="session")
def tiny_recipe(tiny_bert: Path) -> "Recipe":
    """A recipe in fp32 for the tiny encoder, which is left alone with what it learns."""
    from pharmaner.recipe import load_recipe

    settings = ["training.epochs=3", "training.precision=fp32", "training.batch_pieces=64"]
    settings += ["training.layer_decay=1.0", "text.window=32", "text.context=0"]
    settings += ["surface.weight=0.0", "decoding.recurrence=0.0", f"encoder.name='{tiny_bert}'"]
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
    settings = ["training.epochs=2", "training.precision=fp32", "training.layer_decay=1.0"]
    settings += ["text.window=32", "text.context=4"]
    return [option for setting in settings for option in ("--set", setting)]
