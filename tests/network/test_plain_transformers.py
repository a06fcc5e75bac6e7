"""A model folder is a plain transformers model: same pieces, same emissions."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline
from transformers.utils import logging

from pharmaner.document import Document
from pharmaner.errors import ModelFolderError
from pharmaner.model_folder import open_model_folder
from pharmaner.network.tagger_network import load_network
from pharmaner.recipe import Recipe
from pharmaner.tagger import Tagger
from pharmaner.text.words import split_words
from pharmaner.training.train import train
from tests.training.test_train import with_training

TEXT = "Toma litio 5mg, «ferritina» alta"


@pytest.fixture(autouse=True)
def _no_progress_bars() -> None:
    logging.disable_progress_bar()


def test_auto_classes_give_the_same_pieces_and_emissions(trained: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(trained, local_files_only=True)
    network = AutoModelForTokenClassification.from_pretrained(trained, local_files_only=True)
    network.eval()
    theirs = tokenizer(TEXT, return_tensors="pt", return_offsets_mapping=True)
    offsets = theirs.pop("offset_mapping")[0].tolist()
    with torch.inference_mode():
        scores = network(**theirs).logits[0].log_softmax(-1).double().numpy()

    tagger = Tagger.load(trained)
    windows = tagger._predictor.windower.windows(TEXT, split_words(TEXT))
    assert [window.input_ids.tolist() for window in windows] == [theirs["input_ids"][0].tolist()]

    emissions = next(tagger._predictor.emissions([Document("d", TEXT)]))
    scheme = open_model_folder(trained).scheme
    assert {int(i): tag for i, tag in network.config.id2label.items()} == dict(
        enumerate(scheme.tags)
    )
    for word, row in zip(emissions.words, emissions.scores, strict=True):
        inside = [p for p, (a, b) in enumerate(offsets) if word.start <= a < b <= word.end]
        probabilities = np.exp(scores[inside].mean(axis=0))
        assert np.exp(row) == pytest.approx(probabilities / probabilities.sum(), abs=1e-5)


def test_the_pipeline_agrees_on_short_texts_and_cuts_long_ones(
    tiny_recipe: Recipe, small_corpus: list[Document], tmp_path: Path
) -> None:
    section = tiny_recipe.text.model_copy(update={"input": "sentence"})
    recipe = with_training(tiny_recipe, epochs=40, learning_rate=3e-3, head_learning_rate=3e-3)
    recipe = recipe.model_copy(update={"text": section})
    train(recipe, small_corpus, output=tmp_path / "model")
    model = str(tmp_path / "model")
    tag = pipeline("token-classification", model=model, aggregation_strategy="first")
    tagger = Tagger.load(model)
    for document in small_corpus:
        text = document.text.partition("\n")[0]
        theirs = [(e["start"], e["end"], e["entity_group"]) for e in tag(text)]
        ours = tagger.predict(text).mentions
        assert theirs == [(m.start, m.end, m.label) for m in ours] != []
    long = " ".join(document.text for document in small_corpus * 3)
    assert max((entity["end"] for entity in tag(long)), default=0) < len(long) / 2
    assert tagger.predict(long).mentions[-1].end > len(long) - 10


def test_the_tokenizer_in_the_folder_truncates_nothing(trained: Path) -> None:
    content = json.loads((trained / "tokenizer.json").read_text())
    assert content["truncation"] is None
    assert content["padding"] is None


def test_batches_and_padding_do_not_change_what_is_predicted(
    trained: Path, small_corpus: list[Document]
) -> None:
    tagger = Tagger.load(trained)
    long = Document("long", " ".join(document.text for document in small_corpus) * 3)
    together = list(tagger.predict_documents([*small_corpus, long]))
    for prediction in together:
        alone = tagger.predict(prediction.document.text)
        spans = [(m.start, m.end, m.label) for m in prediction.document.mentions]
        assert [(m.start, m.end, m.label) for m in alone.mentions] == spans
        assert prediction.characters_covered == len(prediction.document.text)


def test_a_trained_network_whose_head_does_not_fit_is_refused(
    trained: Path, tmp_path: Path
) -> None:
    config = json.loads((trained / "config.json").read_text())
    config["id2label"] = {"0": "O", "1": "B-DRUG"}
    config["label2id"] = {"O": 0, "B-DRUG": 1}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "model.safetensors").write_bytes((trained / "model.safetensors").read_bytes())
    with pytest.raises(ModelFolderError, match="values, model"):
        load_network(tmp_path)
