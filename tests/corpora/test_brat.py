import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pharmaner.corpora.brat import format_annotations, parse_document
from pharmaner.corpora.report import ProblemKind
from pharmaner.document import Attachment, Document, Mention, Span

TRAPS = [
    "\r\n",
    "\r",
    "\n",
    "\ufeff",
    "\u200b",
    "e\u0301",
    "😀",
    "\t",
    "\u2028",
    "\x85",
    "\x00",
    " ",
]
texts = st.lists(
    st.sampled_from([*TRAPS, "a", "ñ", "Z", "7"]) | st.characters(exclude_categories=["Cs"]),
    min_size=2,
    max_size=30,
).map("".join)
free_text = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\n\r"), max_size=12
)
labels = st.sampled_from(["DRUG", "PROTEIN", "Tipo-ñ"])


def quoted(text: str, pairs: list[tuple[int, int]]) -> str:
    return " ".join(re.sub("[\r\n]", " ", text[start:end]) for start, end in pairs)


@st.composite
def annotated_texts(draw: st.DrawFn) -> tuple[str, str, list[tuple[list[tuple[int, int]], str]]]:
    text = draw(texts)
    cuts = st.lists(st.integers(0, len(text)), unique=True, min_size=2, max_size=6)
    lines: list[str] = []
    mentions = []
    for number in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from("TTTT#REAMN*-"))
        target = f"T{draw(st.integers(0, 9))}"
        if kind == "T":
            places = sorted(draw(cuts))
            pairs = list(zip(places[::2], places[1::2], strict=False))
            label = draw(labels)
            offsets = ";".join(f"{start} {end}" for start, end in pairs)
            lines.append(f"T{number}\t{label} {offsets}\t{quoted(text, pairs)}")
            mentions.append((pairs, label))
        else:
            lines.append(
                {
                    "#": f"#{number}\tAnnotatorNotes {target}\t{draw(free_text)}",
                    "R": f"R{number}\tInteracts Arg1:{target} Arg2:T1",
                    "E": f"E{number}\tTake:{target} Theme:T2",
                    "A": f"A{number}\tNegation {target}",
                    "M": f"M{number}\tSpeculation {target}",
                    "N": f"N{number}\tReference {target} SCTID:{number}\t{draw(free_text)}",
                    "*": f"*\tEquiv {target} T3",
                    "-": "",
                }[kind]
            )
    return text, "".join(f"{line}\n" for line in lines), mentions


@settings(deadline=None, max_examples=200)
@given(annotated_texts())
def test_annotations_come_back_byte_for_byte(
    drawn: tuple[str, str, list[tuple[list[tuple[int, int]], str]]],
) -> None:
    text, annotations, mentions = drawn
    document, problems = parse_document("note", text, annotations, "note.ann")
    assert problems == []
    assert document.text == text
    assert [([(s.start, s.end) for s in m.spans], m.label) for m in document.mentions] == mentions
    assert all(mention.quotation is None for mention in document.mentions)
    assert format_annotations(document).encode() == annotations.encode()


@settings(deadline=None, max_examples=200)
@given(texts, st.data())
def test_mentions_made_in_memory_survive_writing_and_reading(
    text: str, data: st.DataObject
) -> None:
    starts = st.integers(0, len(text) - 1)
    made = [
        Mention.at(start, data.draw(st.integers(start + 1, len(text))), data.draw(labels))
        for start in data.draw(st.lists(starts, max_size=5))
    ]
    written = format_annotations(Document("note", text, tuple(made)))
    document, problems = parse_document("note", text, written, "note.ann")
    assert problems == []
    assert [(m.spans, m.label) for m in document.mentions] == [(m.spans, m.label) for m in made]
    assert [m.id for m in document.mentions] == [f"T{n + 1}" for n in range(len(made))]


def test_every_line_of_brat_keeps_its_place() -> None:
    text = "litio y\nsodio"
    annotations = (
        "#1\tAnnotatorNotes T1\tbefore its mention\n"
        "T1\tDRUG 0 5\tlitio\n"
        "\n"
        "T2\tDRUG 0 2;8 13\tli sodio\n"
        "E1\tDose:T1 Theme:T2\n"
        "R1\tWith Arg1:T1 Arg2:T2\n"
        "A1\tNegated E1\n"
        "*\tEquiv T1 T2\n"
        "*\tEquiv T2 T1\n"
        "T3\tDRUG 6 13\ty sodio\n"
        "N1\tReference T3 SCTID:1\tsodio\n"
    )
    document, problems = parse_document("note", text, annotations, "note.ann")
    assert problems == []
    assert document.mentions == (
        Mention((Span(0, 5),), "DRUG", "T1"),
        Mention((Span(0, 2), Span(8, 13)), "DRUG", "T2"),
        Mention((Span(6, 13),), "DRUG", "T3", codes=("SCTID:1",)),
    )
    assert [a.after for a in document.attachments] == [0, 1, 2, 2, 2, 2, 2, 3]
    assert format_annotations(document) == annotations


def test_a_differing_quotation_is_kept_as_the_file_has_it() -> None:
    annotations = "T1\tDRUG 1 6\tlitio\n"
    document, problems = parse_document("note", "el litio", annotations, "note.ann")
    assert [(p.file, p.line, p.kind) for p in problems] == [("note.ann", 1, ProblemKind.MISMATCH)]
    assert problems[0].message == 'T1 covers "l lit", file says "litio"'
    assert document.mentions[0].quotation == "litio"
    assert document.text_of(document.mentions[0]) == "l lit"
    assert format_annotations(document) == annotations


@pytest.mark.parametrize("newline", ["\n", "\r", "\u2028"])
@pytest.mark.parametrize("quotation", ["ácido úrico", "ácido\u2028úrico"])
def test_only_line_ends_of_a_text_equal_a_space_in_its_quotation(
    newline: str, quotation: str
) -> None:
    text = f"ácido{newline}úrico"
    _, problems = parse_document("note", text, f"T1\tDRUG 0 11\t{quotation}\n", "note.ann")
    equal = (newline == "\u2028") == ("\u2028" in quotation)
    assert [p.kind for p in problems] == ([] if equal else [ProblemKind.MISMATCH])


def test_a_crlf_inside_a_mention_is_two_spaces_in_its_quotation() -> None:
    document, problems = parse_document(
        "n", "ácido\r\núrico", "T1\tX 0 12\tácido  úrico\n", "n.ann"
    )
    assert problems == []
    assert document.text_of(document.mentions[0]) == "ácido\r\núrico"


def test_crlf_annotations_with_a_mark_read_as_plain_ones() -> None:
    plain = "T1\tDRUG 0 5\tlitio\n#1\tAnnotatorNotes T1\tsal\n\nT2\tDRUG 6 7\ty"
    marked = "\ufeff" + plain.replace("\n", "\r\n") + "\r\n"
    assert parse_document("n", "litio y", marked, "n.ann") == parse_document(
        "n", "litio y", plain, "n.ann"
    )


def test_a_mention_without_a_quotation_is_written_with_one() -> None:
    document, problems = parse_document("n", "el litio", "T4\tDRUG 3 8\n", "n.ann")
    assert problems == []
    assert format_annotations(document) == "T4\tDRUG 3 8\tlitio\n"


def test_scores_become_notes_that_take_free_numbers() -> None:
    document = Document(
        "note",
        "litio y sodio",
        (
            Mention((Span(0, 5),), "DRUG", "T2", score=0.98765),
            Mention.at(6, 7, "OTHER"),
            Mention.at(8, 13, "DRUG", score=1.0),
        ),
        (Attachment("#1\tAnnotatorNotes T2\tsal", 1), Attachment("T3\tDRUG", 3)),
    )
    assert format_annotations(document) == (
        "T2\tDRUG 0 5\tlitio\n"
        "#2\tScore T2\t0.9877\n"
        "#1\tAnnotatorNotes T2\tsal\n"
        "T1\tOTHER 6 7\ty\n"
        "T4\tDRUG 8 13\tsodio\n"
        "#3\tScore T4\t1.0000\n"
        "T3\tDRUG\n"
    )


HOSTILE = {
    "T1": ProblemKind.MALFORMED,
    "T1 DRUG 0 2 li": ProblemKind.MALFORMED,
    "T1\tDRUG": ProblemKind.MALFORMED,
    "T1\t 0 2\tli": ProblemKind.MALFORMED,
    "T1\tDRUG 0\tli": ProblemKind.MALFORMED,
    "T1\tDRUG a b\tli": ProblemKind.MALFORMED,
    "T1\tDRUG -2 2\tli": ProblemKind.MALFORMED,
    "T1\tDRUG 0.0 2.0\tli": ProblemKind.MALFORMED,
    "T1\tDRUG ٠ ٢\tli": ProblemKind.MALFORMED,
    "T1\tDRUG 2 2\t": ProblemKind.MALFORMED,
    "T1\tDRUG 3 1\tit": ProblemKind.MALFORMED,
    "T1\tDRUG 0  2\tli": ProblemKind.MALFORMED,
    "T1\tDRUG 0 2;\tli": ProblemKind.MALFORMED,
    "T1\tDRUG 0 3;2 5\tlit tio": ProblemKind.MALFORMED,
    f"T1\tDRUG 0 {'9' * 18}\tlitio": ProblemKind.OUT_OF_RANGE,
    f"T1\tDRUG 0 {'9' * 5000}\tlitio": ProblemKind.MALFORMED,
    "T1\tDRUG 0 6\tlitio ": ProblemKind.OUT_OF_RANGE,
    "T1\tDRUG 0 2;4 6\tli o": ProblemKind.OUT_OF_RANGE,
    "X1\tDRUG 0 2\tli": ProblemKind.MALFORMED,
    "t1\tDRUG 0 2\tli": ProblemKind.MALFORMED,
    "*1\tEquiv T1 T2": ProblemKind.MALFORMED,
    "#1": ProblemKind.MALFORMED,
    "R1\t": ProblemKind.MALFORMED,
    " ": ProblemKind.MALFORMED,
    "\t": ProblemKind.MALFORMED,
    "\x00\x00\x00": ProblemKind.MALFORMED,
    "\u2028T1\tDRUG 0 2\tli": ProblemKind.MALFORMED,
    "T1\tDRUG 0 2\tl\x00": ProblemKind.MISMATCH,
}


@pytest.mark.parametrize("line", HOSTILE)
def test_a_hostile_line_is_reported_and_kept(line: str) -> None:
    annotations = f"T8\tDRUG 0 5\tlitio\n{line}\n"
    document, problems = parse_document("note", "litio", annotations, "note.ann")
    assert [(p.file, p.line, p.kind) for p in problems] == [("note.ann", 2, HOSTILE[line])]
    assert "\n" not in problems[0].message
    assert len(problems[0].message) < 250
    assert document.mentions[0] == Mention((Span(0, 5),), "DRUG", "T8")
    assert format_annotations(document) == annotations


hostile_lines = st.text(st.sampled_from("TR#* \t\t0019;-aé\x00\r\ufeff\u2028"), max_size=25)


@settings(deadline=None, max_examples=200)
@given(texts, st.lists(hostile_lines | free_text | st.sampled_from([*HOSTILE]), max_size=6))
@example("litio", ["\tDRUG 0 5", ""])
def test_any_line_becomes_a_mention_or_is_kept_and_none_raises(text: str, lines: list[str]) -> None:
    annotations = "".join(f"{line}\n" for line in lines)
    document, problems = parse_document("note", text, annotations, "note.ann")
    if all(problem.kind is not ProblemKind.BROKEN_LINE for problem in problems):
        assert len(document.mentions) + len(document.attachments) == len(lines)
    reported = {problem.line for problem in problems}
    assert reported <= set(range(1, len(lines) + 1))
    kept = [attachment.line for attachment in document.attachments]
    for number, raw in enumerate(lines, start=1):
        line = (raw.removeprefix("\ufeff") if number == 1 else raw).removesuffix("\r")
        if line in kept and not re.match(r"[REAMN#*]", line) and line:
            assert number in reported
        if not line:
            assert number not in reported


def test_a_long_or_broken_quotation_is_shown_short_and_on_one_line() -> None:
    annotations = f"T1\tDRUG 0 70\t{'b' * 61}\nT2\tDRUG 0 60\t\\\r\r\n"
    _, problems = parse_document("note", "a" * 70, annotations, "note.ann")
    assert [problem.message for problem in problems] == [
        f'T1 covers "{"a" * 57}...", file says "{"b" * 57}..."',
        f'T2 covers "{"a" * 60}", file says "\\\\\\r"',
    ]


def test_an_id_used_again_is_reported_and_both_mentions_stay() -> None:
    annotations = "T1\tDRUG 0 5\tlitio\n\n\nT1\tDRUG 6 7\ty\n*\tEquiv T1 T1\n*\tEquiv T1 T1\n"
    document, problems = parse_document("note", "litio y", annotations, "note.ann")
    assert [(p.line, p.kind) for p in problems] == [(4, ProblemKind.DUPLICATE_ID)]
    assert [(m.start, m.end) for m in document.mentions] == [(0, 5), (6, 7)]
    assert format_annotations(document) == annotations


def test_spans_of_a_discontinuous_mention_may_touch() -> None:
    document, problems = parse_document("n", "litio", "T1\tDRUG 0 2;2 5\tli tio\n", "n.ann")
    assert problems == []
    assert document.mentions[0].spans == (Span(0, 2), Span(2, 5))


@pytest.mark.parametrize("text_end", ["\n", "\r\n"])
@pytest.mark.parametrize("annotation_end", ["\n", "\r\n"])
def test_a_quotation_broken_over_lines_is_put_together(text_end: str, annotation_end: str) -> None:
    text = "ácido\núrico\ny zinc".replace("\n", text_end)
    end = text.index(" zinc")
    lines = [f"T1\tDRUG 0 {end}\tácido", "úrico", "y", f"T2\tDRUG {end + 1} {end + 5}\tzinc", "?"]
    annotations = annotation_end.join(lines)
    document, problems = parse_document("note", text, annotations, "note.ann")
    assert [(p.line, p.kind) for p in problems] == [
        (1, ProblemKind.BROKEN_LINE),
        (5, ProblemKind.MALFORMED),
    ]
    assert "3 lines" in problems[0].message
    assert [(m.id, m.start, m.end, m.quotation) for m in document.mentions] == [
        ("T1", 0, end, None),
        ("T2", end + 1, end + 5, None),
    ]


def test_a_broken_quotation_that_differs_swallows_no_line() -> None:
    annotations = "T1\tDRUG 0 11\tácido\nhúmico\nT2\tDRUG 0 5\tácido\n"
    document, problems = parse_document("note", "ácido\núrico", annotations, "note.ann")
    assert [(p.line, p.kind) for p in problems] == [
        (1, ProblemKind.MISMATCH),
        (2, ProblemKind.MALFORMED),
    ]
    assert format_annotations(document) == annotations


@pytest.mark.parametrize(("quotation", "kinds"), [("li io", []), ("io li", ["mismatch"])])
def test_spans_out_of_order_are_put_in_order(quotation: str, kinds: list[str]) -> None:
    document, problems = parse_document(
        "note", "litio", f"T1\tDRUG 3 5;0 2\t{quotation}\n", "note.ann"
    )
    assert document.mentions[0].spans == (Span(0, 2), Span(3, 5))
    assert [p.kind for p in problems] == kinds
