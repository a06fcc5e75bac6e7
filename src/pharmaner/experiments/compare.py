"""``pharmaner compare``: systems x seeds on the same data, trained, scored and written up."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pharmaner.corpora.selection import only_types, renamed, resolve_types
from pharmaner.document import Document
from pharmaner.encoders.source import find_encoder
from pharmaner.errors import CorpusError, InputError, RecipeError
from pharmaner.experiments.runs import Run, RunResult
from pharmaner.experiments.summary import summarise
from pharmaner.experiments.systems import System
from pharmaner.partial import refuse_other_settings
from pharmaner.report.comparison import comparison_html, comparison_markdown
from pharmaner.scoring.strict import corpus_hash, order_hash
from pharmaner.storage import refuse_occupied, write_text
from pharmaner.training.loop import Listener
from pharmaner.training.train import check_training

SETTINGS = "settings.json"
REPORTS = ("comparison.json", "comparison.md", "comparison.html")


@dataclass(frozen=True, slots=True)
class Study:
    """A comparison that was begun; ``judged`` are the dev documents with the types that count."""

    output: Path
    systems: list[System]
    seeds: list[int]
    learned: list[Document]
    dev: list[Document]
    judged: list[Document]

    @property
    def runs(self) -> list[Run]:
        """Every system with every seed, a seed of all systems first, then the next."""
        runs = self.output / "runs"
        return [
            Run(system, seed, runs / system.name / str(seed))
            for seed in self.seeds
            for system in self.systems
        ]

    def carry_out(self, run: Run, listener: Listener | None = None) -> None:
        """Finish one run; see ``Run.carry_out``."""
        run.carry_out(self.learned, self.dev, self.judged, listener)

    def write_report(self, command: str) -> dict[str, Any]:
        """Write comparison.json, .md and .html from what the finished runs left.

        Args:
            command: the command line to be shown.

        Returns:
            What comparison.json holds: runs that failed are named and count for nothing.

        Raises:
            InputError: when a run's folder is damaged, or every run failed.
        """
        results: dict[str, list[RunResult]] = {}
        failed = []
        for run in self.runs:
            if (reason := run.failure) is None:
                results.setdefault(run.system.name, []).append(run.result(self.judged))
            else:
                failed.append({"system": run.system.name, "seed": run.seed, "reason": reason})
        if not results:
            raise InputError(f"{self.output}: every run failed; the first: {failed[0]['reason']}")
        finished = [system for system in self.systems if system.name in results]
        content = summarise(finished, self.judged, results)
        content["seeds"] = self.seeds
        content["failed"] = failed
        corpora = {"train": self.learned, "dev": self.dev}
        content["corpora"] = {
            name: {"documents": len(documents), "hash": corpus_hash(documents)}
            for name, documents in corpora.items()
        }
        content["command"] = command
        figures = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        pages = (figures, comparison_markdown(content), comparison_html(content))
        for name, page in zip(REPORTS, pages, strict=True):
            write_text(self.output / name, page)
        return content


def begin_or_resume_study(
    output: Path,
    systems: Sequence[System],
    seeds: Sequence[int],
    train_documents: Sequence[Document],
    dev_documents: Sequence[Document],
) -> Study:
    """Check everything before the first training, and settle what the comparison is.

    Raises:
        InputError: for a recipe, corpus or encoder that cannot be used, an output that holds
            something else or a comparison with other settings.
    """
    judged = _judged(systems, train_documents, dev_documents)
    settings = {
        "systems": [system.name for system in systems],
        "seeds": list(seeds),
        "recipes": {system.name: system.recipe.model_dump(mode="json") for system in systems},
        "encoders": {
            system.name: find_encoder(encoder.name, encoder.revision).content_hash
            for system in systems
            for encoder in [system.recipe.encoder]
        },
        "train": corpus_hash(train_documents),
        "order": order_hash(train_documents),
        "dev": corpus_hash(dev_documents),
    }
    if (output / SETTINGS).is_file():
        refuse_other_settings(output / SETTINGS, settings)
    else:
        refuse_occupied(output)
        for system in systems:
            check_training(system.recipe, train_documents, dev_documents)
        output.mkdir(parents=True, exist_ok=True)
        write_text(output / SETTINGS, json.dumps(settings, indent=1))
    learned, dev = list(train_documents), list(dev_documents)
    return Study(output, list(systems), list(seeds), learned, dev, judged)


def _judged(
    systems: Sequence[System], learned: Sequence[Document], dev: Sequence[Document]
) -> list[Document]:
    """The dev documents with the mentions that every system is to find.

    Raises:
        CorpusError: when there is no dev document.
        RecipeError: when recipes learn differing types, so that scores could not be compared.
    """
    if not dev:
        raise CorpusError("there is no document to compare on")
    by_system = {}
    for system in systems:
        corpus = resolve_types(system.recipe, learned).corpus
        by_system[system.name] = only_types(renamed(dev, corpus), corpus.types)
    first, *others = by_system
    for other in others:
        if corpus_hash(by_system[other]) != corpus_hash(by_system[first]):
            raise RecipeError(
                f"compare: {first} and {other} are to find differing mentions in the dev corpus; "
                "recipes with the same corpus.types, ignore, auxiliary and map are accepted"
            )
    return by_system[first]
