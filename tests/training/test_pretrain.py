import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForMaskedLM
from transformers.utils import logging

from pharmaner.document import Document
from pharmaner.errors import CorpusError, EncoderError, OutputError, RecipeError
from pharmaner.network.masked_network import hidden_logits, masked_network
from pharmaner.recipe import Recipe
from pharmaner.training.pretrain import pretrain
from pharmaner.training.pretrain_recipe import PretrainRecipe, parse_pretrain_recipe
from pharmaner.training.train import train
from tests.small_inputs import with_encoder
from tests.training.test_train import InterruptAt, InterruptionError

TEXTS = [
    Document(f"t{n}", "Toma litio 5mg con el desayuno. Control de ferritina en sangre. " * 3)
    for n in range(12)
]


def recipe(encoder: Path, *settings: str) -> PretrainRecipe:
    fixed = [f"encoder.name='{encoder}'", "masking.window=32", "training.precision=fp32"]
    fixed += ["training.batch_pieces=256", "training.epochs=2", "masking.head_steps=0"]
    return parse_pretrain_recipe("", "test", [*fixed, *settings])


def test_hidden_words_are_learned_and_the_encoder_serves_a_tagger(
    tiny_bert: Path, tmp_path: Path, tiny_recipe: Recipe, small_corpus: list[Document]
) -> None:
    rates = ("training.learning_rate=3e-3", "training.head_learning_rate=3e-3")
    chosen = recipe(tiny_bert, "training.epochs=25", *rates)
    result = pretrain(chosen, TEXTS, output=tmp_path / "encoder")
    losses = [record["dev"]["loss"] for record in result.history]
    assert losses[-1] < losses[0] / 2
    tagging = with_encoder(tiny_recipe, tmp_path / "encoder")
    assert train(tagging, small_corpus, output=tmp_path / "model").kept_epoch == 3


def test_plain_transformers_find_every_weight_of_the_output(
    tiny_bert: Path, tmp_path: Path
) -> None:
    logging.disable_progress_bar()
    pretrain(recipe(tiny_bert), TEXTS, output=tmp_path / "encoder")
    network, report = AutoModelForMaskedLM.from_pretrained(
        tmp_path / "encoder", local_files_only=True, output_loading_info=True
    )
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    embeddings = network.get_input_embeddings().weight
    assert network.get_output_embeddings().weight is embeddings


def test_only_hidden_pieces_pass_the_head_with_the_same_logits(tiny_bert: Path) -> None:
    network, brings_head = masked_network(tiny_bert)
    assert not brings_head
    network.eval()
    ids = torch.randint(5, 50, (3, 10))
    mask = torch.ones_like(ids)
    hidden = torch.rand(3, 10) < 0.3
    with torch.inference_mode():
        whole = network(input_ids=ids, attention_mask=mask).logits
        torch.testing.assert_close(hidden_logits(network, ids, mask, hidden), whole[hidden])


@pytest.mark.usefixtures("checkpoint_at_each_step")
def test_a_fresh_head_is_trained_alone_first_and_then_the_encoder_too(
    tiny_bert: Path, tmp_path: Path
) -> None:
    chosen = recipe(tiny_bert, "masking.head_steps=3", "training.epochs=4")
    with pytest.raises(InterruptionError):
        pretrain(chosen, TEXTS, output=tmp_path / "encoder", listener=InterruptAt(4))
    (checkpoint,) = (tmp_path / "encoder.partial").glob("checkpoint-*")
    assert checkpoint.name.endswith("0003")
    before = load_file(tiny_bert / "model.safetensors")
    halfway = load_file(checkpoint / "weights.safetensors")
    pretrain(chosen, TEXTS, output=tmp_path / "encoder", resume=True)
    after = load_file(tmp_path / "encoder" / "model.safetensors")
    layers = [name for name in before if name.startswith("encoder.") and "key.bias" not in name]
    assert len(layers) > 10
    for name in layers:
        assert (before[name] == halfway[f"bert.{name}"]).all()
        assert (before[name] != after[f"bert.{name}"]).any()


def test_head_steps_that_leave_none_to_the_encoder_are_refused(
    tiny_bert: Path, tmp_path: Path
) -> None:
    chosen = recipe(tiny_bert, "masking.head_steps=1000")
    with pytest.raises(RecipeError, match=r"1000 for the fresh head alone, of \d+ steps in all"):
        pretrain(chosen, TEXTS, output=tmp_path / "encoder")
    assert not (tmp_path / "encoder.partial").exists()


@pytest.mark.parametrize("step", [2, 5])
@pytest.mark.usefixtures("checkpoint_at_each_step")
def test_an_interrupted_pre_training_resumes_to_the_same_encoder(
    tiny_bert: Path, tmp_path: Path, step: int
) -> None:
    chosen = recipe(tiny_bert)
    pretrain(chosen, TEXTS, output=tmp_path / "whole")
    with pytest.raises(InterruptionError):
        pretrain(chosen, TEXTS, output=tmp_path / "cut", listener=InterruptAt(step))
    pretrain(chosen, TEXTS, output=tmp_path / "cut", resume=True)
    one, other = (load_file(tmp_path / n / "model.safetensors") for n in ("whole", "cut"))
    assert all((one[name] == other[name]).all() for name in one)


def test_the_held_out_loss_is_that_of_texts_that_were_not_learned(
    tiny_bert: Path, tmp_path: Path
) -> None:
    result = pretrain(recipe(tiny_bert), TEXTS, output=tmp_path / "encoder")
    log = (tmp_path / "encoder" / "run-log.jsonl").read_text()
    records = [json.loads(record) for record in log.splitlines()]
    assert [r["dev"] for r in records] == [r["dev"] for r in result.history]
    pieces = {record["dev"]["pieces"] for record in records}
    assert len(pieces) == 1
    assert pieces.pop() < 0.3 * 400


def test_a_window_longer_than_the_encoders_positions_is_refused_before_anything_is_written(
    tiny_bert: Path, tmp_path: Path
) -> None:
    chosen = recipe(tiny_bert, "masking.window=257")
    with pytest.raises(RecipeError, match=r"^masking.window: 257 pieces; the encoder has 256 pos"):
        pretrain(chosen, TEXTS, output=tmp_path / "encoder")
    assert not list(tmp_path.iterdir())


def test_a_pre_training_is_bound_to_its_encoder(tiny_bert: Path, tmp_path: Path) -> None:
    encoder = shutil.copytree(tiny_bert, tmp_path / "encoder")
    with pytest.raises(InterruptionError):
        pretrain(recipe(encoder), TEXTS, output=tmp_path / "out", listener=InterruptAt(2))
    (encoder / "more.txt").touch()
    with pytest.raises(OutputError, match=r"other settings \(encoder changed"):
        pretrain(recipe(encoder), TEXTS, output=tmp_path / "out", resume=True)


def test_texts_that_cannot_be_learned_are_refused(tiny_bert: Path, tmp_path: Path) -> None:
    for texts, message in (
        ([], "at least 2"),
        ([Document("a", " "), Document("b", "")], "no word"),
    ):
        with pytest.raises(CorpusError, match=message):
            pretrain(recipe(tiny_bert), texts, output=tmp_path / "encoder")
        assert not list(tmp_path.iterdir())


def test_a_pruned_vocabulary_is_learned_and_reported(tiny_bert: Path, tmp_path: Path) -> None:
    encoder = shutil.copytree(tiny_bert, tmp_path / "strange")
    described = json.loads((encoder / "tokenizer.json").read_text())
    unused = described["model"]["vocab"]
    for letter in "kwxzqñü":  # as if of another script
        unused[f"中{letter}"] = unused.pop(f"##{letter}")
    (encoder / "tokenizer.json").write_text(json.dumps(described))
    result = pretrain(recipe(encoder), TEXTS, output=tmp_path / "e", vocabulary=TEXTS)
    assert result.rates[0] == result.rates[1]
    assert result.rates[0].unknown_per_thousand == 0
    config = json.loads((tmp_path / "e" / "config.json").read_text())
    whole = json.loads((tiny_bert / "config.json").read_text())
    described = json.loads((tmp_path / "e" / "tokenizer.json").read_text())
    assert config["vocab_size"] == len(described["model"]["vocab"]) == whole["vocab_size"] - 7


def test_the_lowest_layers_alone_are_kept(tiny_bert: Path, tmp_path: Path) -> None:
    settings = ("network.layers=1", "training.epochs=1", "training.learning_rate=1e-12")
    pretrain(recipe(tiny_bert, *settings), TEXTS, output=tmp_path / "encoder")
    assert json.loads((tmp_path / "encoder" / "config.json").read_text())["num_hidden_layers"] == 1
    before = load_file(tiny_bert / "model.safetensors")
    after = load_file(tmp_path / "encoder" / "model.safetensors")
    assert {name.split(".")[3] for name in after if "encoder.layer" in name} == {"0"}
    kept = [name for name in before if name.startswith("encoder.layer.0.")]
    for name in kept:
        torch.testing.assert_close(before[name], after[f"bert.{name}"])


def test_more_layers_than_there_are_is_one_line(tiny_bert: Path, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="2 layers; 3 were asked for"):
        pretrain(recipe(tiny_bert, "network.layers=3"), TEXTS, output=tmp_path / "encoder")
    assert not list(tmp_path.iterdir())


def test_dropout_while_learning_is_the_recipes_and_later_the_encoders(
    tiny_bert: Path, tmp_path: Path
) -> None:
    network, _ = masked_network(tiny_bert, dropout=0.0)
    network.train()
    ids = torch.randint(5, 50, (2, 8))
    first, second = (network(input_ids=ids).logits for _ in range(2))
    assert torch.equal(first, second)
    pretrain(recipe(tiny_bert), TEXTS, output=tmp_path / "encoder")
    before, after = (
        json.loads((folder / "config.json").read_text())
        for folder in (tiny_bert, tmp_path / "encoder")
    )
    for name in ("hidden_dropout_prob", "attention_probs_dropout_prob"):
        assert after[name] == before[name] > 0
