"""The tables of a comparison as texts, whatever they are shown in."""

from typing import Any

from pharmaner.report.sections import Section, counted, interval

_SHOWN = {"precision": "P", "recall": "R", "f1": "F1"}


def comparison_sections(content: dict[str, Any]) -> list[Section]:
    """The tables of a comparison, in percent."""
    systems = content["systems"]
    sections = [scores_section(content), _by_type(systems)]
    if content["differences"]:
        sections.append(pairs_section(content))
    return [*sections, _training(systems), _runs(systems)]


def comparison_title(content: dict[str, Any]) -> str:
    """How many systems and seeds."""
    systems, seeds = len(content["systems"]), len(content["seeds"])
    return f"Comparison: {counted(systems, 'system')}, {counted(seeds, 'seed')}"


def scores_section(content: dict[str, Any]) -> Section:
    """Table 2: the micro-averaged ratios of each system."""
    systems = content["systems"]
    documents = content["bootstrap"]["documents"]
    spread = "mean ± sample SD over the seeds" if len(content["seeds"]) > 1 else "one seed, no SD"
    notes = [
        f"Exact type, start and end, micro-averaged over {counted(documents, 'dev document')}, in "
        f"percent; {spread}. The 95 % intervals say how the mean varies with the documents, not "
        "with the seeds.",
        _selection(systems),
    ]
    notes += [
        f"{run['system']}, seed {run['seed']}: failed and counts for nothing: {run['reason']}"
        for run in content.get("failed", [])
    ]
    columns = ["system", *(c for name in _SHOWN.values() for c in (name, f"{name} 95 % interval"))]
    return Section(
        "Precision, recall and F1",
        notes,
        columns,
        [[s["name"], *(c for name in _SHOWN for c in _both(s["micro"][name]))] for s in systems],
    )


def _selection(systems: list[dict[str, Any]]) -> str:
    """Whether the epochs were chosen on the documents that are scored."""
    best = [system["name"] for system in systems if system["keep"] == "best"]
    last = [system["name"] for system in systems if system["keep"] == "last"]
    parts = []
    if best:
        parts.append(
            f"{', '.join(best)}: each run keeps the epoch with the best F1 on these same dev "
            "documents, so the figures flatter; expect less on documents never looked at."
        )
    if last:
        parts.append(f"{', '.join(last)}: each run keeps its last epoch, no choice on dev.")
    if best and last:
        parts.append("A difference between the two kinds holds that advantage.")
    return " ".join(parts)


def _by_type(systems: list[dict[str, Any]]) -> Section:
    labels = sorted({label for system in systems for label in system["by_type"]})
    rows = [
        [label, system["name"], *(spread(found[n]) for n in _SHOWN), interval(found["f1"])]
        for label in labels
        for system in systems
        if (found := system["by_type"].get(label))
    ]
    return Section("By type", [], ["type", "system", "P", "R", "F1", "F1 95 % interval"], rows)


def pairs_section(content: dict[str, Any]) -> Section:
    """The difference of every two systems; no rows where there is one system."""
    several = len(content["differences"]) > 1
    resamples = content["bootstrap"]["resamples"]
    notes = [
        "The first system minus the second, in points, the mean over the seeds of each.",
        f"Paired bootstrap over documents, {resamples:,} resamples: percentile intervals of 95 % "
        "(Efron & Tibshirani, 1993), two-sided p = (k + 1) / (n + 1), where k of n resampled "
        "differences lie at least as far from the observed difference as that lies from 0 "
        "(Koehn, 2004; Berg-Kirkpatrick et al., 2012). With few documents both are too sure.",
    ]
    if several:
        pairs = len(content["differences"])
        notes.append(f"p (Holm) is corrected for {pairs} pairs, for each of P, R and F1 by itself.")
    rows = []
    for pair in content["differences"]:
        for name, shown in _SHOWN.items():
            found = pair[name]
            row = [" minus ".join(pair["systems"]), shown, f"{100 * found['value']:+.2f}"]
            row += [interval(found, "+.2f"), f"{found['p_value']:.4f}"]
            rows.append([*row, f"{found['p_holm']:.4f}"] if several else row)
    columns = ["pair", "of", "difference", "95 % interval", "p"]
    return Section("Differences", notes, [*columns, "p (Holm)"] if several else columns, rows)


def _training(systems: list[dict[str, Any]]) -> Section:
    notes = [
        "Training time is that of the steps, without scoring dev and without loading; it depends "
        "on whatever else the machine did. Pieces a second count those that are learned from; "
        "mentions count those learned, and those of them that words could not write down exactly."
    ]
    columns = ["system", "encoder", "recipe", "parameters", "mentions", "not exact"]
    columns += ["training, s", "pieces/s"]
    rows = [
        [
            *(s["name"], s["encoder"], s["recipe"], f"{s['parameters']:,}"),
            *_mentions(s["alignment"]),
            *(spread(s["seconds"], 1, ".1f"), spread(s["pieces_per_second"], 1, ".0f")),
        ]
        for s in systems
    ]
    return Section("Training", notes, columns, rows)


def _mentions(alignment: dict[str, Any]) -> tuple[str, str]:
    return str(alignment["mentions"]), str(sum(alignment["not_exact"].values()))


def _runs(systems: list[dict[str, Any]]) -> Section:
    columns = ["system", "seed", "P", "R", "F1", "epoch kept", "training, s", "pieces/s"]
    rows = [
        [system["name"], str(run["seed"])]
        + [f"{100 * run['score'][name]:.2f}" for name in _SHOWN]
        + [f"{run['kept_epoch']} of {run['epochs']} ({_how(system)})"]
        + [f"{run['seconds']:.1f}", str(run["pieces_per_second"])]
        for system in systems
        for run in system["runs"]
    ]
    return Section("Runs", [], columns, rows)


def _how(system: dict[str, Any]) -> str:
    return "best on dev" if system["keep"] == "best" else "last"


def comparison_facts(content: dict[str, Any]) -> list[tuple[str, str]]:
    """Names and texts of what the figures depend on."""
    bootstrap = content["bootstrap"]
    corpora = (
        f"{name}: {counted(corpus['documents'], 'document')}, sha256 {corpus['hash'][:12]}"
        for name, corpus in content["corpora"].items()
    )
    draws = f"{bootstrap['resamples']:,} resamples, drawn from seed {bootstrap['seed']}"
    versions = (f"{name} {version}" for name, version in content["versions"].items())
    computer = content["machine"]
    return [
        ("command", content["command"]),
        ("corpora", "; ".join(corpora)),
        ("seeds", ", ".join(map(str, content["seeds"]))),
        ("score", content["signature"]),
        ("bootstrap", draws),
        ("versions", ", ".join(versions)),
        ("machine", f"{computer['processor']}, {counted(computer['cores'], 'core')}"),
    ]


def _both(found: dict[str, Any]) -> tuple[str, str]:
    return spread(found), interval(found)


def spread(found: dict[str, Any], scale: float = 100, form: str = ".2f") -> str:
    """Mean and SD, the mean alone where there is no SD; ratios in percent."""
    middle = format(scale * found["mean"], form)
    return middle if found["sd"] is None else f"{middle} ± {format(scale * found['sd'], form)}"
