"""A trained model for people: the same report in Markdown and on a self-contained HTML page."""

import json
from pathlib import Path
from typing import Any

from pharmaner.report import charts
from pharmaner.report.charts import Axis, Chart, axis, line_chart, reliability_chart
from pharmaner.report.model_tables import (
    calibration_section,
    scores_section,
    stored_section,
    threshold_section,
    training_section,
)
from pharmaner.report.rendering import render
from pharmaner.report.sections import Section, counted, escaped, markdown_facts, markdown_section
from pharmaner.storage import whole_folder, write_text

PAGE = "report.html"


def write_model_report(content: dict[str, Any], folder: Path) -> None:
    """Write report.json, report.md and report.html into a new folder.

    Raises:
        OutputError: when the folder is not empty or cannot be written to.
    """
    figures = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    page = model_html(content)
    with whole_folder(folder) as temporary:
        write_text(temporary / "report.json", figures)
        write_text(temporary / "report.md", model_markdown(content))
        write_text(temporary / PAGE, page)


def model_markdown(content: dict[str, Any]) -> str:
    """Markdown of what report.json holds."""
    sections = [markdown_section(section) for section, _ in _sections(content)]
    card = f"## Model card\n\n{_fenced(content['card'])}"
    facts = f"## How this was made\n\n{markdown_facts(_facts(content))}"
    return "\n\n".join([f"# {escaped(_title(content))}", *sections, card, facts]) + "\n"


def model_html(content: dict[str, Any]) -> str:
    """A page of what report.json holds; it refers to nothing outside itself."""
    return render(
        "model.html",
        title=_title(content),
        sections=_sections(content),
        card=content["card"],
        facts=_facts(content),
        size=charts,
    )


def _title(content: dict[str, Any]) -> str:
    return f"Report on {content['model']}, a tagger for {', '.join(content['types'])}"


def _sections(content: dict[str, Any]) -> list[tuple[Section, list[Chart]]]:
    """The sections, each with its charts."""
    sections = [
        (training_section(content), _training_charts(content)),
        (stored_section(content), []),
    ]
    if dev := content["dev"]:
        sections += [
            (scores_section(dev), []),
            (threshold_section(dev), _threshold_charts(dev)),
            (calibration_section(dev), _calibration_charts(dev)),
        ]
    return sections


def _training_charts(content: dict[str, Any]) -> list[Chart]:
    epochs, kept = content["epochs"], content["kept_epoch"]
    at = [float(epoch["epoch"]) for epoch in epochs]
    x = axis([0.0, *at], "epoch", least_step=1.0)
    losses = [epoch["loss"] for epoch in epochs]
    finite = [loss for loss in losses if loss is not None]
    y = axis([0.0, *finite], "loss")
    text = f"Loss by epoch; epoch {kept} was kept. The table has the figures."
    shown = [line_chart(text, x, y, at, {"loss": losses}, kept)]
    if any(epoch["dev"] for epoch in epochs):
        records = [epoch["dev"] or {} for epoch in epochs]
        text = f"Dev precision, recall and F1 by epoch; epoch {kept} was kept. " + _IN_TABLE
        shown.append(_ratios_chart(text, x, at, records, kept))
    return shown


def _threshold_charts(dev: dict[str, Any]) -> list[Chart]:
    points = dev["thresholds"]
    if not points:
        return []
    at = [point["threshold"] for point in points]
    text = "Precision, recall and F1 of the mentions kept, by least score. " + _IN_TABLE
    ratios = _ratios_chart(text, axis(at, "score from", highest=1.0), at, points)
    recall, precision = (
        [100 * point[name] for point in points] for name in ("recall", "precision")
    )
    text = "Precision by recall; the right end keeps every mention. " + _IN_TABLE
    x, y = axis(recall, "recall, %", highest=100.0), axis(precision, "precision, %", highest=100.0)
    return [ratios, line_chart(text, x, y, recall, {"P": precision})]


def _calibration_charts(dev: dict[str, Any]) -> list[Chart]:
    bins = dev["calibration"]["bins"]
    if not any(shown["predictions"] for shown in bins):
        return []
    text = (
        "Share of right predictions by score: columns with their number of predictions, dots at "
        "the mean score; on the diagonal, scores are as good as they say. "
    )
    return [reliability_chart(text + _IN_TABLE, bins)]


_IN_TABLE = "The table has the figures."


def _ratios_chart(
    text: str, x: Axis, at: list[float], records: list[dict[str, Any]], marker: float | None = None
) -> Chart:
    series = {
        name: [100 * record[key] if record else None for record in records]
        for key, name in (("precision", "P"), ("recall", "R"), ("f1", "F1"))
    }
    every = [value for values in series.values() for value in values if value is not None]
    return line_chart(text, x, axis(every, "%", highest=100.0), at, series, marker)


def _fenced(text: str) -> str:
    """Text as a code block of Markdown, whatever fences it holds itself."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}markdown\n{text.rstrip()}\n{fence}"


def _temperature(fitted: float | None) -> str:
    return "1, not calibrated" if fitted is None else f"{fitted:.3f}"


def _facts(content: dict[str, Any]) -> list[tuple[str, str]]:
    """Names and texts of what the figures depend on."""
    corpora = ", ".join(
        f"{name} {found[:12]}" for name, found in content["corpora"].items() if found
    )
    alignment, parameters = content["alignment"], content["parameters"]
    reasons = "".join(f", {n} not exactly ({why})" for why, n in alignment["not_exact"].items())
    facts = [
        ("model", content["model"]),
        ("encoder", content["encoder"]),
        ("seed", str(content["seed"])),
        ("parameters", "not stored" if parameters is None else f"{parameters:,}"),
        ("temperature of the scores", _temperature(content["temperature"])),
        ("learned", f"{counted(alignment['mentions'], 'mention')}{reasons}"),
        ("corpora of the training, sha256", corpora),
        ("versions of the training", ", ".join(f"{n} {v}" for n, v in content["versions"].items())),
    ]
    if dev := content["dev"]:
        bootstrap = dev["bootstrap"]
        draws = f"{bootstrap['resamples']:,} resamples, drawn from seed {bootstrap['seed']}"
        facts += [
            ("documents scored", f"{dev['name']}, sha256 {dev['hash'][:12]}"),
            ("score", dev["score"]["signature"]),
            ("bootstrap", draws),
        ]
    return facts
