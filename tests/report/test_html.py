from html.parser import HTMLParser
from pathlib import Path

from pharmaner.document import Document, Mention
from pharmaner.report.html import write_page

HOSTILE = (
    "<script>alert('1')</script> \"litio\" & 'cinc' </p><img src=x onerror=go()> {{ 7*7 }} &lt;"
)


class Page(HTMLParser):
    """What a browser would make of a page: its elements, and the texts of its documents."""

    def __init__(self, content: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.marked: list[tuple[str | None, str]] = []
        self.types: list[str] = []
        self.headings: list[str] = []
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in {"meta"}:
            self.open.append(tag)
        if tag == "p":
            self.texts.append("")
        if tag == "h2":
            self.headings.append("")
        if tag == "mark":
            self.marked.append(("", ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "small" in self.open:
            self.types.append(data)
            self.marked[-1] = (data, self.marked[-1][1])
        elif "p" in self.open:
            self.texts[-1] += data
            if "mark" in self.open:
                title, text = self.marked[-1]
                self.marked[-1] = (title, text + data)
        elif "h2" in self.open:
            self.headings[-1] += data


def page_of(folder: Path, *documents: Document, title: str = "pharmaner") -> Page:
    write_page(documents, folder / "page.html", title)
    return Page((folder / "page.html").read_bytes().decode("utf-8"))


def test_every_text_stands_on_the_page_code_point_by_code_point(tmp_path: Path) -> None:
    texts = ["Toma litio.\n\n  Alta\ten 2\u00a0días 😀", HOSTILE, ""]
    mentions = (Mention.at(5, 10, "DRUG"),)
    documents = [Document(str(n), text, mentions if text else ()) for n, text in enumerate(texts)]
    page = page_of(tmp_path, *documents)
    assert page.texts == texts
    assert page.headings == ["0", "1", "2"]


def test_hostile_text_ids_titles_and_labels_make_no_element_and_no_attribute(
    tmp_path: Path,
) -> None:
    label = HOSTILE.replace(" ", "_")
    mention = Mention.at(0, 8, label)
    page = page_of(tmp_path, Document(HOSTILE, HOSTILE, (mention,)), title=HOSTILE)
    harmless = page_of(tmp_path, Document("id", "x" * len(HOSTILE), (Mention.at(0, 8, "DRUG"),)))
    assert page.tags == harmless.tags
    names = [(tag, name) for tag, name, _ in page.attributes]
    assert names == [(tag, name) for tag, name, _ in harmless.attributes]
    assert page.headings == [HOSTILE]
    assert page.marked[-1] == (label, HOSTILE[:8])
    assert page.types == [label]


def test_a_page_refers_to_nothing_outside_itself_and_runs_nothing(tmp_path: Path) -> None:
    page = page_of(tmp_path, Document("d", "litio", (Mention.at(0, 5, "DRUG"),)))
    loading = {"script", "link", "img", "iframe", "object", "embed", "base", "form", "a"}
    assert loading.isdisjoint(page.tags)
    names = {name for _, name, _ in page.attributes}
    assert not names & {"src", "href", "srcset", "action", "data", "style", "http-equiv"}
    assert not any(name.startswith("on") for name in names)
    content = (tmp_path / "page.html").read_text(encoding="utf-8").lower()
    assert not [word for word in ("http:", "https:", "url(", "@import", "//") if word in content]


def test_a_mention_shows_its_type_and_its_score_beside_it(tmp_path: Path) -> None:
    mentions = (Mention.at(0, 5, "DRUG", 0.987), Mention.at(6, 10, "PROTEIN"))
    page = page_of(tmp_path, Document("d", "litio IL-2", mentions))
    assert page.marked[-2:] == [("DRUG 0.99", "litio"), ("PROTEIN", "IL-2")]
    assert page.types == ["DRUG 0.99", "PROTEIN"]


def test_where_mentions_overlap_all_their_types_are_named(tmp_path: Path) -> None:
    mentions = (Mention.at(0, 6, "A"), Mention.at(3, 9, "B", 0.5))
    page = page_of(tmp_path, Document("d", "abcdefghi", mentions))
    assert page.marked[-3:] == [("A", "abc"), ("A, B 0.50", "def"), ("B 0.50", "ghi")]


def test_types_are_counted_over_all_documents(tmp_path: Path) -> None:
    first = Document("1", "abc", (Mention.at(0, 1, "B"), Mention.at(1, 2, "A")))
    second = Document("2", "abc", (Mention.at(0, 1, "B"),))
    write_page([first, second], tmp_path / "page.html")
    content = (tmp_path / "page.html").read_text(encoding="utf-8")
    legend = content[content.index("<ul") : content.index("</ul>")]
    assert [legend.count("A · 1"), legend.count("B · 2"), legend.count("<li>")] == [1, 1, 2]
