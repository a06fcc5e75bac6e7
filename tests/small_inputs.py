"""A tiny random encoder and a small corpus, made here and never downloaded."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pharmaner.document import Document
    from pharmaner.recipe import Recipe

LETTERS = "abcdefghijklmnopqrstuvwxyzáéíóúñüαβγµ"
PIECES = [*LETTERS, *"0123456789.,;:-/()+%<>=\"'¿?¡!", "de", "el", "la", "con", "mg", "ina", "ol"]


def write_tiny_bert(folder: Path) -> None:
    """Write a random BERT with a WordPiece tokenizer over single characters and some syllables."""
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
    tokenizer.save(str(folder / "tokenizer.json"))
    names = dict(zip(["pad", "unk", "cls", "sep", "mask"], special, strict=True))
    config = {f"{name}_token": piece for name, piece in names.items()}
    config["model_max_length"] = 256
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    _save_random_bert(folder, len(vocabulary))


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


def with_encoder(recipe: "Recipe", folder: Path) -> "Recipe":
    """The recipe with the encoder of a folder."""
    encoder = recipe.encoder.model_copy(update={"name": str(folder)})
    return recipe.model_copy(update={"encoder": encoder})


def small_notes() -> "list[Document]":
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
