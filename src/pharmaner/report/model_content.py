"""The figures of a model's report, as JSON: of its training, and of documents it is scored on."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pharmaner.corpora.selection import only_types
from pharmaner.document import Document
from pharmaner.model_folder import scheme_of
from pharmaner.report.trained_model import TrainedModel
from pharmaner.scoring.calibration import (
    AtThreshold,
    Judged,
    best_threshold,
    by_threshold,
    calibration,
    judge,
    thinned,
)
from pharmaner.scoring.significance import RESAMPLES, Resampled, intervals, resample_by_type
from pharmaner.scoring.strict import Scorer, corpus_hash, score

SEED = 0
"""Decides which documents are drawn."""

THRESHOLDS = 100
"""The most thresholds that are listed."""

LEARNED_FROM, CHOSEN_ON, WATCHED = "learned from", "epoch chosen on", "scored at each epoch"
CALIBRATED_ON = "scores calibrated on"
"""What the making of the model did with the very documents that the report scores."""


def training_content(model: TrainedModel) -> dict[str, Any]:
    """Everything that the report says without a corpus; ratios lie between 0 and 1.

    A loss that is not finite is ``None``.
    """
    manifest = model.manifest
    return {
        "format": 1,
        "model": model.path.resolve().name,
        "types": model.recipe.corpus.types,
        "encoder": model.recipe.encoder.name,
        "seed": model.recipe.training.seed,
        "keep": _choice(model),
        "kept_epoch": manifest.kept_epoch,
        "parameters": manifest.parameters,
        "temperature": model.calibration.temperature if model.calibration else None,
        "alignment": manifest.alignment.model_dump(),
        "corpora": manifest.corpora.model_dump(),
        "versions": manifest.versions,
        "epochs": [
            {**epoch.model_dump(), "loss": epoch.loss if math.isfinite(epoch.loss) else None}
            for epoch in model.epochs
        ],
        "stored_dev": manifest.metrics.dev.model_dump() if manifest.metrics.dev else None,
        "card": model.card,
        "dev": None,
    }


def dev_content(
    model: TrainedModel, name: str, gold: Sequence[Document], predicted: Sequence[Document]
) -> dict[str, Any]:
    """How good the model is on documents, how sure that is, and what its scores are worth.

    As in training, gold mentions of types that the model is not to predict are left out, counted.

    Args:
        model: the model.
        name: what the documents are called.
        gold: annotated documents, their types named as the model's recipe does.
        predicted: the model's predictions for them, with scores.
    """
    types = model.recipe.corpus.types
    judged = only_types(gold, types)
    resampled = resample_by_type(judged, [predicted], RESAMPLES, SEED)
    mentions = judge(judged, predicted)
    left_out = Counter(m.label for d in gold for m in d.mentions if m.label not in types)
    return {
        "name": name,
        "hash": corpus_hash(gold),
        "in_training": _in_training(model, corpus_hash(gold)),
        "left_out": dict(sorted(left_out.items())),
        "decides_words_alone": scheme_of(model.recipe).tags_positions,
        "score": score(judged, predicted, Scorer.PUBLIC).as_json(),
        "bootstrap": {"resamples": RESAMPLES, "seed": SEED, "documents": len(judged)},
        "intervals": {
            "micro": _intervals(resampled[None]),
            "by_type": {t: _intervals(found) for t, found in resampled.items() if t is not None},
        },
        **_worth_of_scores(mentions),
    }


def _choice(model: TrainedModel) -> str:
    """``best`` when the kept epoch was chosen by its F1 on a dev corpus, else ``last``."""
    has_dev = model.manifest.corpora.dev is not None
    return model.recipe.training.keep if has_dev else "last"


def _in_training(model: TrainedModel, hash_of_gold: str) -> list[str]:
    corpora = model.manifest.corpora
    found = [LEARNED_FROM] if corpora.train == hash_of_gold else []
    if corpora.dev == hash_of_gold:
        found.append(CHOSEN_ON if _choice(model) == "best" else WATCHED)
    if model.calibration is not None and model.calibration.fitted_on == hash_of_gold:
        found.append(CALIBRATED_ON)
    return found


def _intervals(resampled: Resampled) -> dict[str, Any]:
    return {name: asdict(found) for name, found in intervals(resampled).items()}


def _worth_of_scores(mentions: Judged) -> dict[str, Any]:
    curve = by_threshold(mentions)
    best = best_threshold(curve)
    return {
        "distinct_scores": len(curve),
        "thresholds": [_point(point) for point in thinned(curve, THRESHOLDS)],
        "best_threshold": _point(best) if best else None,
        "calibration": asdict(calibration(mentions)),
    }


def _point(point: AtThreshold) -> dict[str, Any]:
    return {"threshold": point.threshold, **point.counts.as_json()}
