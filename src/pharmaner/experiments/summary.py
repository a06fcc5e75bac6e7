"""The figures of a comparison, from the predictions and logs of its runs."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import combinations
from statistics import mean, stdev
from typing import Any

from pharmaner.document import Document
from pharmaner.experiments.machine import machine
from pharmaner.experiments.runs import RunResult
from pharmaner.experiments.systems import System
from pharmaner.scoring.significance import (
    RATIOS,
    RESAMPLES,
    Resampled,
    differences,
    holm,
    intervals,
    resample_by_type,
)
from pharmaner.scoring.strict import Counts, Score, Scorer, score

SEED = 0
"""Decides which documents are drawn."""


def summarise(
    systems: Sequence[System], judged: Sequence[Document], results: dict[str, list[RunResult]]
) -> dict[str, Any]:
    """Everything that the report shows, as JSON; ratios lie between 0 and 1.

    Args:
        systems: what is compared.
        judged: the documents with the mentions that count.
        results: by system's name, a result for each seed.
    """
    resampled = {
        system.name: resample_by_type(
            judged, [r.predicted for r in results[system.name]], RESAMPLES, SEED
        )
        for system in systems
    }
    described = [_system(s, judged, results[s.name], resampled[s.name]) for s in systems]
    every = [result for of_system in results.values() for result in of_system]
    return {
        "format": 1,
        "signature": described[0]["runs"][0]["score"]["signature"],
        "bootstrap": {"resamples": RESAMPLES, "seed": SEED, "documents": len(judged)},
        "systems": described,
        "differences": _differences({name: found[None] for name, found in resampled.items()}),
        "versions": _versions(every),
        "machine": machine(),
    }


def _system(
    system: System,
    judged: Sequence[Document],
    results: Sequence[RunResult],
    resampled: dict[str | None, Resampled],
) -> dict[str, Any]:
    scores = [score(judged, result.predicted, Scorer.PUBLIC) for result in results]
    runs = [_run(result, scored) for result, scored in zip(results, scores, strict=True)]
    return {
        "name": system.name,
        "encoder": system.encoder,
        "recipe": system.recipe_name,
        "keep": system.recipe.training.keep,
        "parameters": results[0].manifest["parameters"],
        "alignment": results[0].manifest["alignment"],
        "micro": _ratios([scored.micro for scored in scores], resampled[None]),
        "by_type": {
            label: _ratios([s.by_type.get(label, Counts()) for s in scores], found)
            for label, found in resampled.items()
            if label is not None
        },
        "seconds": _spread([run["seconds"] for run in runs]),
        "pieces_per_second": _spread([run["pieces_per_second"] for run in runs]),
        "runs": runs,
    }


def _run(result: RunResult, scored: Score) -> dict[str, Any]:
    seconds = sum(record["seconds"] for record in result.history)
    pieces = sum(record["seconds"] * record["pieces_per_second"] for record in result.history)
    return {
        "seed": result.seed,
        "epochs": len(result.history),
        "kept_epoch": result.manifest["kept_epoch"],
        "seconds": round(seconds, 1),
        "pieces_per_second": round(pieces / max(seconds, 1e-9)),
        "score": scored.as_json(),
    }


def _ratios(counts: Sequence[Counts], resampled: Resampled) -> dict[str, Any]:
    """Mean and SD over the seeds and interval over the documents, for each ratio."""
    found = intervals(resampled)
    return {
        name: {
            **_spread([getattr(c, name) for c in counts]),
            "low": found[name].low,
            "high": found[name].high,
        }
        for name in RATIOS
    }


def _spread(values: Sequence[float]) -> dict[str, float | None]:
    """Mean and sample SD; one value has no SD."""
    return {"mean": mean(values), "sd": stdev(values) if len(values) > 1 else None}


def _differences(resampled: dict[str, Resampled]) -> list[dict[str, Any]]:
    """Every pair of systems; p-values are adjusted over the pairs, for each ratio by itself."""
    pairs = list(combinations(resampled, 2))
    found = [differences(resampled[one], resampled[other]) for one, other in pairs]
    adjusted = {name: holm([pair[name].p_value for pair in found]) for name in RATIOS}
    return [
        {
            "systems": list(pair),
            **{
                name: {**asdict(found[place][name]), "p_holm": adjusted[name][place]}
                for name in RATIOS
            },
        }
        for place, pair in enumerate(pairs)
    ]


def _versions(results: Sequence[RunResult]) -> dict[str, str]:
    """The versions of all runs; more than one where runs were made with several."""
    packages = results[0].manifest["versions"]
    return {
        name: ", ".join(sorted({result.manifest["versions"][name] for result in results}))
        for name in packages
    }
