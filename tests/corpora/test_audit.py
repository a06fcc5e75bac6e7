import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pharmaner.corpora.audit import audit_folder
from pharmaner.corpora.report import ProblemKind
from pharmaner.errors import CorpusError
from tests.conftest import SHARED, needs_shared

WriteCorpus = Callable[..., Path]
PHARMACONER = SHARED / "data" / "pharmaconer"


def places(folder: Path) -> list[tuple[str, int, str]]:
    return [(p.file, p.line, p.kind.value) for p in audit_folder(folder).problems]


@needs_shared
def test_the_official_training_corpus_has_its_published_counts_and_five_mismatches() -> None:
    found = audit_folder(PHARMACONER / "train")
    noisy = "S0211-69952015000200015-1"
    text = (PHARMACONER / "train" / f"{noisy}.txt").read_bytes().decode()
    lines = (PHARMACONER / "train" / f"{noisy}.ann").read_bytes().decode().split("\n")
    differing = []
    for number, line in enumerate(lines, start=1):
        if line.startswith("T"):
            _, place, quotation = line.split("\t")
            _, start, end = place.split(" ")
            if text[int(start) : int(end)] != quotation:
                differing.append((f"{noisy}.ann", number, ProblemKind.MISMATCH))
    assert found.documents == 500
    assert found.mentions == {
        "NORMALIZABLES": 2304,
        "PROTEINAS": 1405,
        "UNCLEAR": 89,
        "NO_NORMALIZABLES": 24,
    }
    assert found.discontinuous == 0
    assert len(differing) == 5
    assert [(p.file, p.line, p.kind) for p in found.problems] == differing
    assert found.hints == ()


@needs_shared
def test_the_official_development_corpus_has_its_published_counts_and_no_problem() -> None:
    found = audit_folder(PHARMACONER / "dev")
    assert found.documents == 250
    assert found.mentions == {
        "NORMALIZABLES": 1121,
        "PROTEINAS": 745,
        "UNCLEAR": 44,
        "NO_NORMALIZABLES": 16,
    }
    assert found.problems == ()
    assert found.hints == ()


TEXT = "litio y\nsodio con zinc"


def test_every_kind_of_problem_is_found_in_its_file_and_line(write_corpus: WriteCorpus) -> None:
    folder = write_corpus(
        a=(
            TEXT,
            "T1\tDRUG 0 5\tlitio\n"
            "T2\tDRUG 6 13\ty\n"
            "sodio\n"
            "#1\tAnnotatorNotes T9\tsal\n"
            "T3\tDRUG 0 5\tlitio\n"
            "T4\tDRUG 2 5\ttio\n"
            "T4\tDRUG 18 22\tzin\n"
            "T5\tDRUG 18 23\tzinc\n"
            "T6\tDRUG\n",
        ),
        b=("b", ""),
        c=("c", ""),
        d=("d", ""),
    )
    (folder / "b.ann").unlink()
    (folder / "c.txt").unlink()
    (folder / "d.txt").write_bytes(b"d\n\xff")
    found = places(folder)
    assert found == [
        ("a.ann", 2, "broken_line"),
        ("a.ann", 4, "dangling_reference"),
        ("a.ann", 5, "duplicate_mention"),
        ("a.ann", 6, "overlap"),
        ("a.ann", 7, "mismatch"),
        ("a.ann", 7, "duplicate_id"),
        ("a.ann", 8, "out_of_range"),
        ("a.ann", 9, "malformed"),
        ("b.txt", 0, "missing_ann"),
        ("c.ann", 0, "missing_txt"),
        ("d.txt", 2, "undecodable"),
    ]
    elsewhere = {ProblemKind.DUPLICATE_DOCUMENT, ProblemKind.NOT_READ}
    assert {kind for _, _, kind in found} == {kind.value for kind in set(ProblemKind) - elsewhere}


def test_problems_in_other_formats_are_found_too(tmp_path: Path) -> None:
    mentions = [{"start": 0, "end": 5, "label": "X"}, {"start": 2, "end": 5, "label": "Y"}]
    mentions += [{"start": 0, "end": 5, "label": "X", "id": "7", "text": "sodio"}]
    record = json.dumps({"id": "a", "text": TEXT, "mentions": mentions})
    (tmp_path / "c.jsonl").write_text(f"{record}\n{record}\n")
    assert [str(problem) for problem in audit_folder(tmp_path / "c.jsonl").problems] == [
        "c.jsonl: a: 7 repeats X 0 5",
        "c.jsonl: a: Y 2 5 overlaps X 0 5",
        "c.jsonl: document 2: a second document of the id 'a'",
        'c.jsonl:1: a: X covers "litio", file says "sodio"',
        'c.jsonl:2: a: X covers "litio", file says "sodio"',
    ]


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ("#1\tAnnotatorNotes T7\tsee T8", "T7"),
        ("#1\tAnnotatorNotes R7\t", "R7"),
        ("A1\tNegation T7", "T7"),
        ("A1\tDegree E7 High", "E7"),
        ("M1\tNegation T7", "T7"),
        ("N1\tReference T7 SCTID:12\tT8", "T7"),
        ("R1\tWith Arg1:T1 Arg2:T7", "T7"),
        ("E1\tDose:T7 Theme:T1", "T7"),
        ("E1\tDose:T1 Theme:E7", "E7"),
        ("*\tEquiv T1 T7", "T7"),
        ("*\tEquiv T7 T1 T2", "T7"),
    ],
)
def test_a_reference_to_nothing_is_found_in_every_kind_of_line(
    line: str, target: str, write_corpus: WriteCorpus
) -> None:
    mentions = "T1\tDRUG 0 5\tlitio\nT2\tDRUG 8 13\tsodio\n"
    found = audit_folder(write_corpus(a=(TEXT, f"{mentions}\n{line}\n")))
    assert [(p.file, p.line, p.kind) for p in found.problems] == [
        ("a.ann", 4, ProblemKind.DANGLING)
    ]
    assert f"speaks of {target}," in found.problems[0].message


def test_references_forward_and_to_every_kind_of_line_are_known(write_corpus: WriteCorpus) -> None:
    annotations = (
        "#1\tAnnotatorNotes T1\tsal\n"
        "E1\tDose:T1 Theme:T2 Cause:E2\n"
        "E2\tDose:T2\n"
        "R1\tWith Arg1:T1 Arg2:E1\n"
        "A1\tNegation E1\n"
        "#2\tAnnotatorNotes R1\tT77\n"
        "#3\tAnnotatorNotes A1\t\n"
        "*\tEquiv T1 T2\n"
        "T1\tDRUG 0 5\tlitio\n"
        "T2\tDRUG 8 13\tsodio\n"
    )
    assert places(write_corpus(a=(TEXT, annotations))) == []


def test_overlaps_are_shared_code_points_and_not_mere_neighbours(
    write_corpus: WriteCorpus,
) -> None:
    folder = write_corpus(
        neighbours=(TEXT, "T1\tX 0 5\tlitio\nT2\tX 5 7\t y\n"),
        threaded=(TEXT, "T1\tX 0 2;8 13\tli sodio\nT2\tX 2 5\ttio\n"),
        crossed=(TEXT, "T1\tX 0 2;8 13\tli sodio\nT2\tX 6 9\ty s\n"),
        hooked=(TEXT, "T1\tX 0 5\tlitio\nT2\tX 4 7\to y\n"),
        nested=(TEXT, "T1\tX 3 5\tio\nT2\tX 0 5\tlitio\n"),
        other_type=(TEXT, "T1\tX 0 5\tlitio\nT2\tY 0 5\tlitio\n"),
    )
    assert places(folder) == [
        ("crossed.ann", 2, "overlap"),
        ("hooked.ann", 2, "overlap"),
        ("nested.ann", 1, "overlap"),
        ("other_type.ann", 2, "overlap"),
    ]


def test_a_repetition_is_told_from_an_overlap_also_inside_another_mention(
    write_corpus: WriteCorpus,
) -> None:
    annotations = "T1\tX 0 7\tlitio y\nT2\tX 0 5\tlitio\nT3\tX 0 5\tlitio\n"
    found = audit_folder(write_corpus(a=(TEXT, annotations)))
    assert [(p.line, p.kind, p.message) for p in found.problems] == [
        (2, ProblemKind.OVERLAP, "T2 overlaps T1"),
        (3, ProblemKind.DUPLICATE_MENTION, "T3 repeats T2"),
    ]


def test_an_offset_convention_is_hinted_for_each_document(write_corpus: WriteCorpus) -> None:
    folder = write_corpus(
        bom=("\ufeffel litio y sal", "T1\tDRUG 3 8\tlitio\n"),
        bytes=("ñandú 😀 litio y sal", "T1\tDRUG 13 18\tlitio\n"),
        crlf=("a\r\nb\r\nlitio\r\ny sodio", "T1\tDRUG 4 9\tlitio\nT2\tDRUG 12 17\tsodio\n"),
        fine=("litio", "T1\tDRUG 0 5\tlitio\n"),
        lost=("litio y sodio", "T1\tDRUG 0 5\tsodio\nT2\tDRUG 8 13\tlitio\n"),
        shift=("toma litio y sal", "T1\tDRUG 3 8\tlitio\n"),
        utf16=("ñandú 😀😀 litio y sal", "T1\tDRUG 11 16\tlitio\n"),
    )
    assert audit_folder(folder).hints == (
        "bom: every mention matches if offsets are shifted by +1 "
        "(a byte-order mark left uncounted)",
        "bytes: every mention matches if offsets count bytes of UTF-8",
        "crlf: every mention matches if CRLF counts as one",
        "shift: every mention matches if offsets are shifted by +2",
        "utf16: every mention matches if offsets count UTF-16 units",
    )


def test_counts_and_lengths_are_those_of_the_corpus(write_corpus: WriteCorpus) -> None:
    folder = write_corpus(
        a=("litio y sodio", "T1\tX 0 5\tlitio\nT2\tX 6 7\ty\nT3\tY 8 10;11 13\tso io\n"),
        b=("😀", "T1\tX 0 1\t😀\n"),
        c=("dos", ""),
        d=("cuatro", "T1\tX 0 6\tcuatro\n"),
    )
    assert json.loads(json.dumps(audit_folder(folder).as_json())) == {
        "documents": 4,
        "document_lengths": {"shortest": 1, "median": 4.5, "longest": 13},
        "mentions": {"X": 4, "Y": 1},
        "discontinuous": 1,
        "mention_lengths": {
            "X": {"shortest": 1, "median": 3, "longest": 6},
            "Y": {"shortest": 5, "median": 5, "longest": 5},
        },
        "problems": [],
        "hints": [],
    }


def test_a_corpus_of_nothing_but_problems_is_audited(write_corpus: WriteCorpus) -> None:
    folder = write_corpus(a=("a", ""))
    (folder / "a.txt").unlink()
    found = audit_folder(folder)
    assert found.as_json() == {
        "documents": 0,
        "document_lengths": {"shortest": 0, "median": 0, "longest": 0},
        "mentions": {},
        "discontinuous": 0,
        "mention_lengths": {},
        "problems": [
            {"file": "a.ann", "line": 0, "kind": "missing_txt", "message": "a.txt is missing"}
        ],
        "hints": [],
    }


def test_nothing_to_audit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no such file or folder"):
        audit_folder(tmp_path / "nowhere")


def test_lines_that_speak_of_ids_of_any_form_are_checked(write_corpus: WriteCorpus) -> None:
    lines = "T1\tDRUG 0 5\tlitio\nR1\tRel Arg1:T1 Arg2:m2\nA1\tNeg m1\n*\tEquiv T1 m3\n"
    problems = audit_folder(write_corpus(a=("litio", lines))).problems
    assert [str(p).rpartition("of ")[2] for p in problems] == [
        f"{name}, which is not there" for name in ("m2", "m1", "m3")
    ]
