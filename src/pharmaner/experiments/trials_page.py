"""The trials of a study as one self-contained HTML page: a table and plots, opens offline."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from pharmaner.experiments import plot
from pharmaner.experiments.space import Space
from pharmaner.experiments.trials import (
    FAILED,
    FINISHED,
    STOPPED,
    UNFINISHED,
    TrialRecord,
    best_of,
    columns,
    percent,
)


def trials_page(trials: Sequence[TrialRecord], space: Space, total: int) -> str:
    """HTML about a study with at least one finished trial; ``total`` is how many it shall have."""
    environment = Environment(
        loader=PackageLoader("pharmaner.experiments"), autoescape=True, undefined=StrictUndefined
    )
    varied = {key: p for key, p in space.parameters.items() if len(p.ends) > 1}
    best = best_of(trials)
    head, rows = columns(trials)
    states = [trial.state for trial in trials]
    return environment.get_template("trials.html").render(
        space=Path(space.name).name,
        total=total,
        counts={state: states.count(state) for state in (FINISHED, STOPPED, FAILED, UNFINISHED)},
        best=best,
        best_f1=percent(best.f1 if best else None),
        by_trial=plot.plot_by_trial(trials),
        by_parameter=[plot.plot_by_parameter(k, p, trials) for k, p in varied.items()],
        size=plot,
        head=head,
        rows=rows,
    )
