import pytest

from pharmaner.corpora.report import UNREADABLE, Problem, ProblemKind, refuse, summary
from pharmaner.errors import CorpusError


def test_a_problem_says_file_line_and_what() -> None:
    problem = Problem("a.ann", 3, ProblemKind.MALFORMED, "found x")
    assert str(problem) == "a.ann:3: found x"


def test_a_problem_of_a_whole_file_says_no_line() -> None:
    problem = Problem("a.ann", 0, ProblemKind.MISSING_TXT, "a.txt is missing")
    assert str(problem) == "a.ann: a.txt is missing"


def test_problems_that_lose_nothing_are_not_refused() -> None:
    losing = {"out_of_range", "malformed", "missing_ann", "missing_txt", "undecodable"}
    losing |= {"duplicate_document"}
    harmless = [Problem("a.ann", 1, kind, "") for kind in ProblemKind if kind not in losing]
    assert {kind.value for kind in UNREADABLE} == losing
    refuse(harmless)


@pytest.mark.parametrize("kind", sorted(UNREADABLE))
def test_the_first_problem_that_loses_something_is_refused(kind: ProblemKind) -> None:
    problems = [
        Problem("a.ann", 1, ProblemKind.OVERLAP, "T2 overlaps T1"),
        Problem("b.ann", 2, kind, "first"),
        Problem("c.ann", 3, ProblemKind.MALFORMED, "second"),
        Problem("d.ann", 4, ProblemKind.MISMATCH, "harmless"),
        Problem("e.ann", 5, ProblemKind.MALFORMED, "third"),
    ]
    with pytest.raises(CorpusError) as caught:
        refuse(problems)
    assert str(caught.value) == "b.ann:2: first (and 2 more)"
    with pytest.raises(CorpusError) as caught:
        refuse(problems[:3])
    assert str(caught.value) == "b.ann:2: first (and 1 more)"
    with pytest.raises(CorpusError) as caught:
        refuse(problems[:2])
    assert str(caught.value) == "b.ann:2: first"


def test_other_kinds_can_be_refused() -> None:
    problems = [Problem("a.ann", 1, ProblemKind.MISMATCH, "differs")]
    with pytest.raises(CorpusError, match=r"^a\.ann:1: differs$"):
        refuse(problems, frozenset({ProblemKind.MISMATCH}))


def test_the_summary_counts_by_kind() -> None:
    kinds = [ProblemKind.OVERLAP, *[ProblemKind.MISMATCH] * 5, ProblemKind.DANGLING]
    problems = [Problem("a.ann", 1, kind, "") for kind in kinds]
    assert summary(problems) == "1 dangling_reference, 5 mismatch, 1 overlap"
    assert summary([]) == ""
