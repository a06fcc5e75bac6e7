"""The score of a network under training, as a user of the finished tagger would get it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from pharmaner.decoding.decoder import Decoder
from pharmaner.decoding.transitions import legal_scores
from pharmaner.model_folder import scheme_of
from pharmaner.network.tagger_network import crf_of
from pharmaner.network.torch_backend import TorchBackend
from pharmaner.prediction.predictor import Predictor
from pharmaner.scoring.strict import Scorer, score
from pharmaner.surface.scorer import SurfaceScorer
from pharmaner.training.preparation import Prepared


def dev_scorer(
    network: torch.nn.Module, prepared: Prepared, pad_id: int, surface: SurfaceScorer | None
) -> Callable[[], dict[str, Any]]:
    """What scores the network as it is, on the dev documents, as in ``Score.as_json``."""
    recipe = prepared.recipe
    scheme = scheme_of(recipe)
    further = 0.0 if surface is None else surface.weighted_transitions
    chain = legal_scores(scheme, further)
    decoder = Decoder(scheme, chain, recurrence=recipe.decoding.recurrence)
    predictor = Predictor(
        TorchBackend(network, pad_id),
        prepared.windower,
        scheme,
        recipe.corpus.auxiliary,
        decoder,
        surface,
    )
    crf = crf_of(network)

    def evaluate() -> dict[str, Any]:
        if crf is not None:
            predictor.decoder = replace(decoder, transitions=chain + crf.legal_scores())
        predictions = list(predictor.predict(prepared.dev))
        documents = [prediction.document for prediction in predictions]
        record = score(prepared.dev, documents, Scorer.PUBLIC).as_json()
        if predictor.scheme.tags_positions:
            for name in ("words_read_as_outside", "positions_overruled"):
                record[name] = sum(getattr(prediction, name) for prediction in predictions)
        return record

    return evaluate
