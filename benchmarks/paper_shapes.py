"""The paper's recipes on checkpoints of random weights in the exact shapes of its two encoders.

Says what can be known without the real weights: parameters, outputs, seconds a step, memory, and
the hours that the whole recipe would take on this machine.

    python benchmarks/paper_shapes.py --train CORPUS --train CORPUS --results benchmarks/results
"""

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import BertConfig, BertModel

from pharmaner.corpora.folder import read_folder, write_folder
from pharmaner.document import Document
from pharmaner.model_folder import open_model_folder
from pharmaner.network.encoder_tokenizer import encoder_tokenizer
from pharmaner.prediction.windower import Windower
from pharmaner.recipe import load_recipe
from pharmaner.text.words import split_words

VOCABULARIES = {"paper-biobert": 28_996, "paper-mbert": 119_547}
"""Pieces of each encoder; the smaller comes first, for memory is the most of any child so far."""
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
DOCUMENTS = 12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--train", type=Path, action="append", required=True)
    parser.add_argument("--results", type=Path, required=True)
    arguments = parser.parse_args()
    documents = [d for folder in arguments.train for d in read_folder(folder).documents]
    found = {recipe: measure(recipe, documents) for recipe in VOCABULARIES}
    arguments.results.mkdir(parents=True, exist_ok=True)
    (arguments.results / "paper_shapes.json").write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


def measure(recipe: str, documents: list[Document]) -> dict[str, Any]:
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        encoder = folder / "encoder"
        make_encoder(encoder, VOCABULARIES[recipe], documents)
        write_folder(few_with_every_type(documents), folder / "few")
        command = ["-m", "pharmaner", "train", "--recipe", recipe, "--encoder", str(encoder)]
        command += ["--train", str(folder / "few"), "--set", "training.epochs=1"]
        output = folder / "model"
        subprocess.run([sys.executable, *command, "--output", str(output)], check=True)
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
        log = json.loads((output / "run-log.jsonl").read_text().splitlines()[-1])
        windows = count_windows(recipe, encoder, documents)
        chosen = load_recipe(recipe).training
        steps = -(-windows // chosen.batch_sequences) * chosen.epochs
        seconds = log["seconds"] / log["step"]
        return {
            "parameters": open_model_folder(output).manifest["parameters"],
            "outputs": len(json.loads((output / "config.json").read_text())["id2label"]),
            "measured_steps": log["step"],
            "seconds_a_step": round(seconds, 2),
            "peak_memory_gib": round(memory, 2),
            "windows_of_the_corpus": windows,
            "steps_of_the_recipe": steps,
            "hours_of_the_recipe": round(steps * seconds / 3600, 1),
            "threads": torch.get_num_threads(),
        }


def few_with_every_type(documents: list[Document]) -> list[Document]:
    labels = sorted({mention.label for document in documents for mention in document.mentions})
    first = {x: next(d for d in documents if x in {m.label for m in d.mentions}) for x in labels}
    chosen = {document.id: document for document in [*first.values(), *documents]}
    return list(chosen.values())[:DOCUMENTS]


def count_windows(recipe: str, encoder: Path, documents: list[Document]) -> int:
    windower = Windower(encoder_tokenizer(encoder), load_recipe(recipe).text)
    return sum(len(windower.windows(d.text, split_words(d.text))) for d in documents)


def make_encoder(folder: Path, vocabulary: int, documents: list[Document]) -> None:
    """A random cased BERT-base; its WordPiece vocabulary is learned here and filled up."""
    folder.mkdir()
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=20_000, special_tokens=SPECIAL)
    tokenizer.train_from_iterator((d.text for d in documents), trainer)
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    names = ("pad", "unk", "cls", "sep", "mask")
    config = {f"{name}_token": piece for name, piece in zip(names, SPECIAL, strict=True)}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    torch.manual_seed(0)
    BertModel(BertConfig(vocab_size=vocabulary, pad_token_id=0)).save_pretrained(folder)


if __name__ == "__main__":
    main()
