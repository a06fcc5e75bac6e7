import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pharmaner.document import Document, Mention, Span
from pharmaner.errors import OutputError
from pharmaner.report.error_report import FARTHEST_CONTEXT, error_report
from pharmaner.report.errors_page import write_errors_page
from pharmaner.scoring.error_analysis import analyse
from tests.report.test_html import HOSTILE
from tests.scoring.test_error_matching import at

TEXT = "Toma litio. Control de ferritina alta. Sin cambios."


class Page(HTMLParser):
    """The items of the list of errors, and every tag and attribute."""

    def __init__(self, content: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.items: list[dict[str, Any]] = []
        self.inside: list[str] = []
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        known = dict(attrs)
        if tag == "li" and "data-class" in known:
            self.items.append({**known, "sentence": "", "marked": []})
        if tag not in {"meta", "input"}:
            self.inside.append("sentence" if known.get("class") == "sentence" else tag)
        if tag == "mark" and "sentence" in self.inside:
            self.items[-1]["marked"].append([known["class"], ""])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        opened = self.inside.pop()
        assert opened == tag or (opened, tag) == ("sentence", "p")

    def handle_data(self, data: str) -> None:
        if "sentence" in self.inside:
            self.items[-1]["sentence"] += data
            if self.inside[-1] == "mark":
                self.items[-1]["marked"][-1][1] += data


def report_of(
    gold: list[Document],
    predicted: list[Document],
    seen: frozenset[str] | None = None,
) -> dict[str, Any]:
    return error_report(analyse(gold, predicted), seen)


def page_of(folder: Path, report: dict[str, Any], title: str = "title") -> Page:
    write_errors_page(report, folder / "page.html", title)
    return Page((folder / "page.html").read_bytes().decode("utf-8"))


def two_sides() -> tuple[Document, Document]:
    gold = Document("note", TEXT, tuple(at((5, 10, "DRUG"), (23, 32, "PROTEIN"))))
    return gold, gold.with_mentions(at((23, 37, "PROTEIN"), (39, 42, "DRUG")))


def test_an_error_is_reported_in_its_sentence() -> None:
    gold, system = two_sides()
    report = report_of([gold], [system], frozenset({"ferritina"}))
    ferritin = {"label": "PROTEIN", "spans": [[23, 32]], "text": "ferritina", "seen": True}
    longer = {"label": "PROTEIN", "spans": [[23, 37]], "text": "ferritina alta", "seen": False}
    lithium = {"label": "DRUG", "spans": [[5, 10]], "text": "litio", "seen": False}
    nothing = {"label": "DRUG", "spans": [[39, 42]], "text": "Sin", "seen": False}
    sentences = [(0, 11), (12, 38), (39, 51)]
    expected = [("missed", lithium, None), ("boundary", ferritin, longer)]
    expected += [("spurious", None, nothing)]
    assert report["errors"] == [
        {
            "class": name,
            "document": "note",
            "gold": wanted,
            "predicted": found,
            "on_unscored": False,
            "sentence": {"start": start, "end": end, "text": TEXT[start:end], "cut": False},
        }
        for (name, wanted, found), (start, end) in zip(expected, sentences, strict=True)
    ]
    assert report["false_negatives"] == {
        "boundary": 1,
        "type": 0,
        "boundary_and_type": 0,
        "missed": 1,
    }
    assert report["false_positives"] == {
        "boundary": 1,
        "type": 0,
        "boundary_and_type": 0,
        "spurious": 1,
    }
    assert json.loads(json.dumps(report)) == report


def test_an_error_across_sentences_is_shown_with_all_of_them() -> None:
    gold = Document("d", TEXT, (Mention((Span(5, 10), Span(39, 42)), "DRUG"),))
    (error,) = report_of([gold], [])["errors"]
    assert error["sentence"] == {"start": 0, "end": 51, "text": TEXT, "cut": False}


def test_an_endless_sentence_is_cut_and_says_so(tmp_path: Path) -> None:
    text = "a" * 3000 + " litio " + "b" * 500
    report = report_of([Document("d", text, tuple(at((3001, 3006, "DRUG"))))], [])
    (error,) = report["errors"]
    start = 3001 - FARTHEST_CONTEXT
    assert error["sentence"] == {
        "start": start,
        "end": len(text),
        "text": text[start:],
        "cut": True,
    }
    assert page_of(tmp_path, report).items[0]["sentence"] == text[start:]


def test_documents_with_most_errors_come_first() -> None:
    few = Document("a", TEXT, tuple(at((5, 10, "DRUG"))))
    many = Document("b", TEXT, tuple(at((5, 10, "DRUG"), (23, 32, "DRUG"))))
    assert list(report_of([few, many], [])["breakdowns"]["document"]) == ["b", "a"]


def test_the_page_holds_every_error_once_with_both_sides_marked(tmp_path: Path) -> None:
    gold, system = two_sides()
    page = page_of(tmp_path, report_of([gold], [system], frozenset({"ferritina"})))
    rows = [(i["data-class"], i["sentence"], i["marked"], i["data-seen"]) for i in page.items]
    pair = [["gold predicted", "ferritina"], ["predicted", " alta"]]
    assert rows == [
        ("missed", "Toma litio.", [["gold", "litio"]], "unseen"),
        ("boundary", "Control de ferritina alta.", pair, "seen"),
        ("spurious", "Sin cambios.", [["predicted", "Sin"]], "unseen"),
    ]


def test_a_page_of_1500_errors_holds_each_once(tmp_path: Path) -> None:
    text = "Toma litio. " * 1500
    mentions = at(*((12 * n + 5, 12 * n + 10, "DRUG") for n in range(1500)))
    page = page_of(tmp_path, report_of([Document("d", text, tuple(mentions))], []))
    assert [item["sentence"] for item in page.items] == ["Toma litio."] * 1500


def test_without_training_the_page_says_that_seen_is_unknown(tmp_path: Path) -> None:
    gold, system = two_sides()
    page_of(tmp_path, report_of([gold], [system]))
    without = (tmp_path / "page.html").read_text(encoding="utf-8")
    page_of(tmp_path, report_of([gold], [system], frozenset()))
    with_training = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "--train" in without
    assert "--train" not in with_training
    assert ('name="seen"' in without, 'name="seen"' in with_training) == (False, True)


def hostile_report(text: str, label: str, name: str) -> dict[str, Any]:
    gold = Document(name, text, tuple(at((0, 8, label), (9, 12, label))))
    extra = Document(f"{name}2", text)
    absent = Document(f"{name}3", text)
    system = gold.with_mentions(at((0, 7, label), (9, 12, f"{label}2")))
    return report_of([gold, absent], [system, extra])


def test_hostile_text_makes_no_element_and_no_attribute(tmp_path: Path) -> None:
    report = hostile_report(HOSTILE, HOSTILE.replace(" ", "_"), HOSTILE)
    page = page_of(tmp_path, report, title=HOSTILE)
    harmless = page_of(tmp_path, hostile_report("x" * len(HOSTILE), "DRUG", "id"))
    assert page.tags == harmless.tags
    names = [(tag, name) for tag, name, _ in page.attributes]
    assert names == [(tag, name) for tag, name, _ in harmless.attributes]
    assert page.items[0]["data-document"] == HOSTILE
    assert {item["sentence"] for item in page.items} == {HOSTILE}


def test_a_page_refers_to_nothing_outside_itself(tmp_path: Path) -> None:
    gold, system = two_sides()
    page = page_of(tmp_path, report_of([gold], [system]))
    assert {"link", "img", "iframe", "object", "embed", "base", "a"}.isdisjoint(page.tags)
    names = {name for _, name, _ in page.attributes}
    assert not names & {"src", "href", "srcset", "action", "data", "style", "xlink:href", "xmlns"}
    assert not any(name.startswith("on") for name in names)
    content = (tmp_path / "page.html").read_text(encoding="utf-8").lower()
    assert not [word for word in ("http:", "https:", "url(", "@import", "//") if word in content]
    assert ("html", "lang", "es") in page.attributes


def test_ids_are_unique_and_what_is_referred_to_exists(tmp_path: Path) -> None:
    gold, system = two_sides()
    page = page_of(tmp_path, report_of([gold], [system], frozenset()))
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    referred = {value for _, name, value in page.attributes if name == "aria-labelledby"}
    assert referred <= set(ids)


def test_every_text_of_the_page_stands_in_both_languages(tmp_path: Path) -> None:
    gold, system = two_sides()
    page = page_of(tmp_path, report_of([gold], [system], frozenset()))
    shown = [value for _, name, value in page.attributes if name == "class"]
    assert shown.count("es") == shown.count("en") > 50
    options = [name for tag, name, _ in page.attributes if tag == "option"]
    assert options.count("data-es") == options.count("data-en") > 5


@pytest.mark.parametrize("predicted", [True, False])
def test_a_system_without_errors_or_documents_has_a_page(tmp_path: Path, predicted: bool) -> None:
    gold, _ = two_sides()
    documents = [gold] if predicted else []
    assert page_of(tmp_path, report_of(documents, documents)).items == []


def test_a_page_that_cannot_be_written_is_refused_in_one_line(tmp_path: Path) -> None:
    gold, system = two_sides()
    path = tmp_path / "absent" / "page.html"
    with pytest.raises(OutputError, match="cannot be written: No such file"):
        write_errors_page(report_of([gold], [system]), path, "title")
