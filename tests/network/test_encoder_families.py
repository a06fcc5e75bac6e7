"""Any Auto encoder can be trained, saved, and read back by plain transformers."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModel, AutoModelForTokenClassification, AutoTokenizer
from transformers.utils import logging

from pharmaner.document import Document
from pharmaner.errors import RecipeError
from pharmaner.positions import check_window
from pharmaner.recipe import Recipe
from pharmaner.tagger import Tagger
from pharmaner.text.words import split_words
from pharmaner.training.train import train
from tests.small_inputs import with_encoder

SIZE = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 128,
}
FAMILIES = {
    "bert": ("wordpiece", SIZE),
    "electra": ("wordpiece", SIZE | {"embedding_size": 16}),
    "distilbert": (
        "wordpiece",
        {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64, "max_position_embeddings": 128},
    ),
    "xlm-roberta": ("unigram", SIZE | {"max_position_embeddings": 130, "pad_token_id": 1}),
    "deberta-v2": (
        "unigram",
        SIZE | {"relative_attention": True, "position_buckets": 16, "pos_att_type": ["p2c", "c2p"]},
    ),
    "roberta": ("byte_level", SIZE | {"max_position_embeddings": 130, "pad_token_id": 1}),
    "modernbert": (
        "byte_level",
        SIZE
        | {"global_attn_every_n_layers": 2, "local_attention": 16, "pad_token_id": 0}
        | dict.fromkeys(["bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id"]),
    ),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_trains_and_reloads(
    family: str,
    tiny_tokenizers: dict[str, Tokenizer],
    tiny_recipe: Recipe,
    small_corpus: list[Document],
    tmp_path: Path,
) -> None:
    logging.disable_progress_bar()
    encoder, model = tmp_path / "encoder", tmp_path / "model"
    kind, shape = FAMILIES[family]
    tokenizer = Tokenizer.from_str(tiny_tokenizers[kind].to_str())
    torch.manual_seed(0)
    config = AutoConfig.for_model(family, vocab_size=tokenizer.get_vocab_size(), **shape)
    AutoModel.from_config(config).save_pretrained(encoder)
    tokenizer.save(str(encoder / "tokenizer.json"))
    (encoder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 128}))
    train(with_encoder(tiny_recipe, encoder), small_corpus, output=model)

    text = "Litio 5mg\n\nla  (12µg)"
    theirs = AutoTokenizer.from_pretrained(model, local_files_only=True)
    network = AutoModelForTokenClassification.from_pretrained(model, local_files_only=True).eval()
    batch = theirs(text, return_tensors="pt", return_offsets_mapping=True)
    offsets = batch.pop("offset_mapping")[0].tolist()
    with torch.inference_mode():
        scores = network(**batch).logits[0].log_softmax(-1).double().numpy()
    tagger = Tagger.load(model)
    (window,) = tagger._predictor.windower.windows(text, split_words(text))
    assert window.input_ids.tolist() == batch["input_ids"][0].tolist()
    emissions = next(tagger._predictor.emissions([Document("d", text)]))
    for word, row in zip(emissions.words, emissions.scores, strict=True):
        covered = [(p, text[a:b].strip()) for p, (a, b) in enumerate(offsets) if a < word.end]
        inside = [p for p, s in covered if s and offsets[p][1] > word.start]
        probabilities = np.exp(scores[inside].mean(axis=0))
        assert np.exp(row) == pytest.approx(probabilities / probabilities.sum(), abs=1e-5)


@pytest.mark.parametrize(
    "family",
    "bert camembert data2vec-text esm ibert longformer mpnet roberta roberta-prelayernorm "
    "xlm-roberta xlm-roberta-xl xmod".split(),
)
def test_the_longest_window_that_is_accepted_can_be_read(family: str) -> None:
    positions, pad_id = 34, 1
    shape = SIZE | {"max_position_embeddings": positions, "pad_token_id": pad_id, "vocab_size": 40}
    further = {"mask_token_id": 3} if family == "esm" else {}
    further |= {"attention_window": 8} if family == "longformer" else {}
    further |= {"languages": ["es_XX"], "default_language": "es_XX"} if family == "xmod" else {}
    config = AutoConfig.for_model(family, **shape, **further)
    network = AutoModel.from_config(config, attn_implementation="eager").eval()

    def accepts(window: int) -> bool:
        try:
            check_window(family, positions, pad_id, window)
        except RecipeError:
            return False
        return True

    longest = max(window for window in range(1, 40) if accepts(window))
    assert longest >= positions - 2
    with torch.inference_mode():
        hidden = network(torch.full((1, longest), 7), torch.ones((1, longest), dtype=torch.int64))
    assert hidden.last_hidden_state.shape == (1, longest, 32)
