"""A model's report: the same cells in Markdown and on the page, nothing executed or fetched."""

import copy
import re
from typing import Any

import pytest

from pharmaner.report.model_report import model_html, model_markdown
from tests.report.test_html import HOSTILE, Page


def counts(f1: float) -> dict[str, Any]:
    tallies = {"true_positives": 8, "false_positives": 2, "false_negatives": 2}
    return {**tallies, "precision": f1, "recall": f1 - 0.1, "f1": f1}


def stored(f1: float) -> dict[str, Any]:
    return {**counts(f1), "documents": 5, "by_type": {"DRUG": counts(f1)}, "signature": "strict"}


def bins(predictions: int) -> list[dict[str, Any]]:
    empty = {"predictions": 0, "right": 0, "mean_score": None, "share_right": None}
    found = [{"low": n / 10, "high": (n + 1) / 10, **empty} for n in range(10)]
    if predictions:
        right = predictions // 2
        found[9] |= {"predictions": predictions, "right": right, "mean_score": 0.97}
        found[9]["share_right"] = right / predictions
    return found


def dev(predictions: int = 10, **changes: Any) -> dict[str, Any]:
    ratios = {
        name: {"value": 0.8, "low": 0.71, "high": 0.88} for name in ("precision", "recall", "f1")
    }
    points = [{"threshold": 0.95 + n / 100, **counts(0.8 - n / 50)} for n in range(3)]
    return {
        "name": "test",
        "hash": "0123456789abcdef",
        "in_training": [],
        "left_out": {"UNCLEAR": 3},
        "decides_words_alone": False,
        "score": stored(0.8),
        "bootstrap": {"resamples": 10_000, "seed": 0, "documents": 5},
        "intervals": {"micro": ratios, "by_type": {"DRUG": ratios}},
        "distinct_scores": 7 if predictions else 0,
        "thresholds": points if predictions else [],
        "best_threshold": {"threshold": 0.9999999, **counts(0.8)} if predictions else None,
        "calibration": {
            "bins": bins(predictions),
            "expected_error": 0.1234 if predictions else None,
            "brier": 0.0567 if predictions else None,
        },
    } | changes


def content(**changes: Any) -> dict[str, Any]:
    epochs = [
        {"epoch": n, "loss": 1 / n, "seconds": 9.5, "pieces_per_second": 2500, "dev": stored(n / 9)}
        for n in (1, 2, 3)
    ]
    return {
        "format": 1,
        "model": "mine",
        "types": ["DRUG"],
        "encoder": "tiny",
        "seed": 4,
        "keep": "best",
        "kept_epoch": 2,
        "parameters": 22_700_000,
        "temperature": 2.5,
        "alignment": {"mentions": 30, "not_exact": {"boundary": 2}},
        "corpora": {"train": "aaaaaaaaaaaaaaaa", "dev": None},
        "versions": {"pharmaner": "0.1.0"},
        "epochs": epochs,
        "stored_dev": stored(2 / 9),
        "card": "---\nbase_model: tiny\n---\n# A tagger\n\n```sh\npredict\n```\n",
        "dev": None,
    } | changes


FULL = content(dev=dev())


def test_tables_have_a_cell_a_column_and_the_page_has_the_same_cells() -> None:
    tables = re.findall(r"(?:^\|.*\n)+", model_markdown(FULL), re.MULTILINE)
    assert len(tables) == 5
    page = model_html(FULL)
    for table in tables:
        header, _, *rows = [line[2:-2].split(" | ") for line in table.splitlines()]
        assert rows
        assert {len(row) for row in rows} == {len(header)}
        for row in rows:
            cells = "".join(f"<td>{cell}</td>" for cell in row[1:])
            assert f'<tr><th scope="row">{row[0]}</th>{cells}</tr>' in page


def test_the_figures_stand_in_markdown() -> None:
    lines = model_markdown(FULL).splitlines()
    assert lines[0] == "# Report on mine, a tagger for DRUG"
    assert "| 2 (kept) | 0.5000 | 22.22 | 12.22 | 22.22 | 9.5 | 2500 |" in lines
    ratio = "80.00 (71.00 to 88.00)"
    assert f"| micro | {ratio} | {ratio} | {ratio} | 8 | 2 | 2 |" in lines
    assert "| 0.960000 | 78.00 | 68.00 | 78.00 | 8 | 2 | 2 |" in lines
    assert "| 0.9 to 1.0 | 10 | 5 | 97.0 | 50.0 |" in lines
    assert any("calibration error 12.34 points" in line for line in lines)
    assert any("Brier score 0.0567" in line for line in lines)
    assert any("not scored: 3 UNCLEAR." in line for line in lines)
    assert any(line.startswith("3 of 7 distinct scores are listed") for line in lines)
    assert "- parameters: 22,700,000" in lines
    assert "- temperature of the scores: 2.500" in lines
    bare = model_markdown(content(temperature=None))
    assert "- temperature of the scores: 1, not calibrated" in bare.splitlines()
    assert "- learned: 30 mentions, 2 not exactly (boundary)" in lines


def test_a_threshold_is_never_rounded_up_and_its_choice_is_warned_of() -> None:
    for shown in (model_markdown(FULL), model_html(FULL)):
        assert "from a score of 0.999999 upwards, but that threshold was chosen on these" in shown


@pytest.mark.parametrize(
    ("kind", "warning"),
    [
        ("learned from", "The model learned from these very documents"),
        ("epoch chosen on", "so the scores flatter"),
        ("scored at each epoch", "the last was kept whatever their scores"),
        ("scores calibrated on", "fitted on these very documents, so their calibration flatters"),
    ],
)
def test_what_the_training_did_with_the_documents_is_said(kind: str, warning: str) -> None:
    unknown = "a model folder cannot tell"
    named = content(dev=dev(in_training=[kind]))
    for shown in (model_markdown(named), model_html(named)):
        assert warning in shown
        assert unknown not in shown
    for shown in (model_markdown(FULL), model_html(FULL)):
        assert warning not in shown
        assert unknown in shown


@pytest.mark.parametrize(
    ("decides_words_alone", "meaning"),
    [(False, "the probability of exactly this mention"), (True, "it speaks of the type alone")],
)
def test_what_a_score_means_is_said_where_scores_are_judged(
    decides_words_alone: bool, meaning: str
) -> None:
    shown = content(dev=dev(decides_words_alone=decides_words_alone))
    assert model_markdown(shown).count(meaning) == model_html(shown).count(meaning) == 2


def test_without_a_corpus_the_report_says_what_one_would_add() -> None:
    for shown in (model_markdown(content()), model_html(content())):
        assert "With --dev FOLDER, an annotated folder, this report adds" in shown
        assert "Calibration" not in shown
        assert "The kept epoch was chosen by this F1" in shown
    assert "--dev" not in model_markdown(FULL)
    bare = content(stored_dev=None, keep="last")
    for epoch in bare["epochs"]:
        epoch["dev"] = None
    assert "no scores are stored with it" in model_markdown(bare)
    assert "| 2 (kept) | 0.5000 | 9.5 | 2500 |" in model_markdown(bare).splitlines()
    assert model_html(bare).count("<svg") == 1


def test_a_model_that_predicts_nothing_has_a_report() -> None:
    nothing = content(dev=dev(predictions=0))
    for shown in (model_markdown(nothing), model_html(nothing)):
        assert shown.count("The model predicted no mention") == 2
    assert model_html(nothing).count("<svg") == 2
    assert model_html(FULL).count("<svg") == 5


def test_a_loss_that_is_not_finite_is_said_and_interrupts_the_line() -> None:
    diverged = content()
    diverged["epochs"][1]["loss"] = None
    assert "| 2 (kept) | not finite |" in model_markdown(diverged)
    loss = model_html(diverged).split("<svg")[1]
    assert [len(points.split()) for points in re.findall('points="(.*?)"', loss)] == [1, 1]
    for epoch in diverged["epochs"]:
        epoch["loss"] = None
    assert "<polyline" not in model_html(diverged).split("<svg")[1].split("</svg>")[0]


def test_the_card_is_shown_as_it_is_whatever_it_holds() -> None:
    card = f"# {HOSTILE}\n\n```sh\n{HOSTILE}\n```\n</pre>````\n"
    page = Page(model_html(content(card=card)))
    assert page.tags == Page(model_html(content())).tags
    markdown = model_markdown(content(card=card))
    assert f"\n`````markdown\n{card.rstrip()}\n`````\n" in markdown
    assert "`````" not in card


def test_hostile_names_make_no_element_no_attribute_and_no_cell() -> None:
    hostile = content(dev=dev(name=HOSTILE, left_out={HOSTILE: 1}), types=[HOSTILE])
    hostile["model"] = hostile["encoder"] = hostile["dev"]["score"]["signature"] = HOSTILE
    hostile["dev"]["score"]["by_type"] = {HOSTILE + " | x": counts(0.8)}
    hostile["dev"]["intervals"]["by_type"] = {
        HOSTILE + " | x": hostile["dev"]["intervals"]["micro"]
    }
    page, harmless = Page(model_html(hostile)), Page(model_html(FULL))
    assert page.tags == harmless.tags
    names = [(tag, name) for tag, name, _ in page.attributes]
    assert names == [(tag, name) for tag, name, _ in harmless.attributes]
    markdown = model_markdown(hostile).split("## Model card")[0]
    assert not re.findall(r"(?<!\\)[<>&`]", markdown)
    bars = [len(re.findall(r"(?<!\\)\|", line)) for line in markdown.splitlines()]
    plain = model_markdown(FULL).split("## Model card")[0]
    assert bars == [len(re.findall(r"(?<!\\)\|", line)) for line in plain.splitlines()]


def test_a_page_refers_to_nothing_outside_itself_and_runs_nothing() -> None:
    text = model_html(FULL)
    page = Page(text)
    loading = {"script", "link", "img", "iframe", "object", "embed", "base", "form", "a", "use"}
    assert loading.isdisjoint(page.tags)
    names = {name for _, name, _ in page.attributes}
    assert not names & {"src", "href", "srcset", "action", "data", "style", "http-equiv"}
    assert not any(name.startswith("on") for name in names)
    assert not [w for w in ("http:", "https:", "url(", "@import", "//") if w in text.lower()]


def test_a_page_can_be_read_by_keyboard_and_by_ear() -> None:
    page = Page(model_html(FULL))
    assert ("html", "lang", "en") in page.attributes
    assert page.tags.count("main") == page.tags.count("h1") == 1
    assert page.tags.count("table") == page.attributes.count(("div", "tabindex", "0"))
    for tag in ("div", "svg"):
        labels = [v for t, n, v in page.attributes if (t, n) == (tag, "aria-label")]
        assert all(labels)
        assert len(set(labels)) == len(labels)
    assert page.tags.count("svg") == page.attributes.count(("svg", "role", "img"))
    assert page.tags.count("details") == page.tags.count("summary")
    ids = [value for _, name, value in page.attributes if name == "id"]
    named = [value for _, name, value in page.attributes if name == "aria-labelledby"]
    assert sorted(map(str, ids)) == sorted(map(str, named))
    assert len(set(ids)) == len(ids)


def test_rendering_changes_nothing() -> None:
    before = copy.deepcopy(FULL)
    model_markdown(FULL), model_html(FULL)
    assert before == FULL
