import json
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from pharmaner.experiments import plot
from pharmaner.experiments.space import Space, parse_space
from pharmaner.experiments.trials import (
    FINISHED,
    STOPPED,
    UNFINISHED,
    TrialRecord,
    as_json,
    as_markdown,
    best_of,
)
from pharmaner.experiments.trials_page import trials_page

HOSTILE = "<b onclick='alert(1)'> | \"x\" & {{ 7*7 }}"
SPACE = parse_space(
    """[parameters]
    "training.learning_rate" = { low = 1e-5, high = 1e-2, log = true }
    "training.epochs" = { values = [3, 12, 6] }
    "text.window" = { values = [128] }""",
    "space.toml",
)


def trial(number: int, state: str, f1: float, rate: float = 1e-3, epochs: int = 6) -> TrialRecord:
    parameters = {"text.window": 128, "training.epochs": epochs, "training.learning_rate": rate}
    if state == UNFINISHED:
        return TrialRecord(number, state, dict(parameters))
    return TrialRecord(number, state, dict(parameters), f1, f1, f1, 1, 2.5, (f1,))


TRIALS = [
    trial(1, FINISHED, 0.81234, 1e-5, 3),
    trial(2, FINISHED, 0.84321, 1e-3, 12),
    trial(3, STOPPED, 0.1, 1e-2, 6),
    trial(4, FINISHED, 0.84321, 1e-2, 6),
    trial(5, UNFINISHED, 0.0),
]


class Page(HTMLParser):
    """What a browser would make of a page: every element closed, its cells and its marks."""

    def __init__(self, content: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.rows: list[list[str]] = []
        self.titles: list[str] = []
        self.words = ""
        self.feed(content)
        self.close()
        assert self.open == []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        if tag == "title":
            self.titles.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data
        if "title" in self.open:
            self.titles[-1] += data


def test_the_best_is_the_first_of_the_highest_finished() -> None:
    assert best_of(TRIALS) == TRIALS[1]
    assert best_of([trial(1, STOPPED, 0.9), trial(2, UNFINISHED, 0)]) is None


def test_the_json_tells_all_trials_in_order() -> None:
    found = json.loads(as_json(TRIALS))
    assert [entry["number"] for entry in found] == [1, 2, 3, 4, 5]
    assert found[1]["f1"] == 0.84321
    assert found[1]["parameters"]["training.epochs"] == 12
    assert (found[4]["state"], found[4]["f1"]) == ("unfinished", None)


def test_page_and_markdown_rank_the_same_trials() -> None:
    page = Page(trials_page(TRIALS, SPACE, 9))
    lines = as_markdown(TRIALS).splitlines()
    markdown = [line.strip("| ").split(" | ") for line in lines if not line.startswith("| ---")]
    assert [[cell for cell in row if cell] for row in page.rows] == [
        [cell.strip() for cell in row if cell.strip()] for row in markdown
    ]
    assert [row[0] for row in page.rows] == ["trial", "2", "4", "1", "3", "5"]
    assert page.rows[1][1] == "84.32"
    assert (
        "3 of 9 trials finished, 1 stopped\nearly, 0 failed, 1 unfinished. Best: trial 2"
        in page.words
    )


def test_each_judged_trial_is_a_mark_in_each_plot_that_varies() -> None:
    page = Page(trials_page(TRIALS, SPACE, 9))
    marks = [title for title in page.titles if ": F1 " in title]
    assert marks == ["1: F1 81.23", "2: F1 84.32", "3: F1 10.00", "4: F1 84.32"] * 3
    labels = [value for name, value in page.attributes if name == "aria-label"]
    assert len(labels) == page.tags.count("svg") == 3
    assert page.tags.count("path") == 3


def test_the_page_loads_nothing_and_hostile_names_make_no_element() -> None:
    hostile = trials_page(TRIALS, Space(HOSTILE, SPACE.parameters), 9)
    page, harmless = Page(hostile), Page(trials_page(TRIALS, SPACE, 9))
    assert page.tags == harmless.tags
    assert f"pharmaner tune: {HOSTILE}" in page.titles
    assert {"script", "link", "img", "iframe", "a", "form"}.isdisjoint(page.tags)
    assert not {"src", "href", "style"} & {name for name, _ in page.attributes}
    assert not [word for word in ("http:", "https:", "url(", "@import") if word in hostile]


finished = st.builds(
    trial,
    st.integers(1, 50),
    st.sampled_from([FINISHED, STOPPED]),
    st.floats(0, 1),
    st.floats(1e-5, 1e-2),
    st.sampled_from([3, 6, 12]),
)


@given(st.lists(finished, min_size=1, max_size=12, unique_by=lambda t: t.number), st.floats(0, 1))
def test_marks_stand_inside_and_in_the_order_of_their_values(
    others: list[TrialRecord], f1: float
) -> None:
    trials = sorted([*others, trial(51, FINISHED, f1)], key=lambda t: t.number)
    for key in ("training.learning_rate", "training.epochs"):
        drawn = plot.plot_by_parameter(key, SPACE.parameters[key], trials)
        assert len(drawn.marks) == len(trials)
        assert all(plot.LEFT <= mark.x <= plot.WIDTH for mark in drawn.marks)
        assert all(0 < mark.y <= plot.HEIGHT - plot.BOTTOM for mark in drawn.marks)
        for one, mark in zip(trials, drawn.marks, strict=True):
            for other, place in zip(trials, drawn.marks, strict=True):
                if one.parameters[key] < other.parameters[key]:  # type: ignore[operator]
                    assert mark.x <= place.x
                if FINISHED == one.state == other.state and (one.f1 or 0) < (other.f1 or 0):
                    assert mark.y >= place.y
    by_trial = plot.plot_by_trial(trials)
    xs = [mark.x for mark in by_trial.marks]
    assert xs == sorted(xs)
    heights = [float(corner.split(",")[1]) for corner in by_trial.line.split()]
    assert heights == sorted(heights, reverse=True)


def test_ticks_are_few_and_round() -> None:
    for f1s in ([0.8], [0.801, 0.8015], [0.1, 0.9], [0.0, 1.0]):
        trials = [trial(number, FINISHED, f1) for number, f1 in enumerate(f1s, 1)]
        labels = [text for _, text in plot.plot_by_trial(trials).y_ticks]
        assert 1 <= len(labels) <= 6
        assert len(set(labels)) == len(labels)
