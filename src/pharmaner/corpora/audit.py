"""``audit``: everything worth knowing about an annotated folder before one trains on it."""

import re
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from pharmaner.corpora.formats.guessing import guess_format
from pharmaner.corpora.formats.reading import read_corpus
from pharmaner.corpora.offsets import offset_convention
from pharmaner.corpora.report import Problem, ProblemKind
from pharmaner.document import Document, Mention

_NOTED = re.compile(r"^[^ ]+ ([^ ]+)")
_ARGUMENT = re.compile(r":([^ ]+)")
_EQUIVALENT = re.compile(r" ([^ ]+)")
_TARGETS = dict.fromkeys("AMN#", _NOTED) | dict.fromkeys("RE", _ARGUMENT) | {"*": _EQUIVALENT}
"""What a line speaks of, by the first character of its id."""


@dataclass(frozen=True, slots=True)
class Audit:
    """The findings: counts, lengths in code points, problems, and hints at their causes."""

    documents: int
    mentions: dict[str, int]
    discontinuous: int
    document_lengths: tuple[int, float, int]
    mention_lengths: dict[str, tuple[int, float, int]]
    problems: tuple[Problem, ...]
    hints: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """The same as plain dictionaries and lists."""
        lengths = ("shortest", "median", "longest")
        return {
            "documents": self.documents,
            "document_lengths": dict(zip(lengths, self.document_lengths, strict=True)),
            "mentions": self.mentions,
            "discontinuous": self.discontinuous,
            "mention_lengths": {
                label: dict(zip(lengths, values, strict=True))
                for label, values in self.mention_lengths.items()
            },
            "problems": [
                {"file": p.file, "line": p.line, "kind": p.kind.value, "message": p.message}
                for p in self.problems
            ],
            "hints": list(self.hints),
        }


def audit_folder(folder: Path) -> Audit:
    """Read a corpus in any format and report on it.

    Raises:
        CorpusError: when there is no such corpus, nothing in it, or its format is not clear.
    """
    corpus = read_corpus(folder)
    problems = list(corpus.problems)
    is_brat = guess_format(folder).is_folder
    for document in corpus.documents:
        if is_brat:
            mention_lines, attachment_lines = _lines(document, corpus.problems)
            problems += _overlaps(document, mention_lines) + _dangling(document, attachment_lines)
        else:
            problems += _overlaps(document, None, folder.name)
    order = {kind: place for place, kind in enumerate(ProblemKind)}
    problems.sort(key=lambda problem: (problem.file, problem.line, order[problem.kind]))
    mentions = [(d, m) for d in corpus.documents for m in d.mentions]
    counts = Counter(mention.label for _, mention in mentions)
    return Audit(
        documents=len(corpus.documents),
        mentions=dict(counts.most_common()),
        discontinuous=sum(len(mention.spans) > 1 for _, mention in mentions),
        document_lengths=_spread(len(document.text) for document in corpus.documents),
        mention_lengths={
            label: _spread(len(d.text_of(m)) for d, m in mentions if m.label == label)
            for label, _ in counts.most_common()
        },
        problems=tuple(problems),
        hints=_hints(corpus.documents),
    )


def _spread(lengths: Iterable[int]) -> tuple[int, float, int]:
    values = list(lengths)
    return (min(values), median(values), max(values)) if values else (0, 0, 0)


def _hints(documents: Iterable[Document]) -> tuple[str, ...]:
    hints = []
    for document in documents:
        if explained := offset_convention(document):
            convention, matching = explained
            some = f"{matching} of {len(document.mentions)} mentions match"
            which = "every mention matches" if matching == len(document.mentions) else some
            hints.append(f"{document.id}: {which} {convention.name}")
    return tuple(hints)


def _lines(document: Document, problems: Iterable[Problem]) -> tuple[list[int], list[int]]:
    """The lines that the mentions and the attachments of a document begin on."""
    file, broken_line = f"{document.id}.ann", ProblemKind.BROKEN_LINE
    broken = {p.line for p in problems if p.file == file and p.kind is broken_line}
    mention_lines: list[int] = []
    attachment_lines: list[int] = []
    waiting = deque(document.attachments)
    line = 1
    for before, mention in enumerate(document.mentions):
        while waiting and waiting[0].after <= before:
            waiting.popleft()
            attachment_lines.append(line)
            line += 1
        mention_lines.append(line)
        line += 1 + (document.text_of(mention).count("\n") if line in broken else 0)
    attachment_lines += range(line, line + len(waiting))
    return mention_lines, attachment_lines


def _overlaps(
    document: Document, lines: list[int] | None, file: str | None = None
) -> list[Problem]:
    problems: list[Problem] = []
    ordered = sorted(enumerate(document.mentions), key=lambda item: (item[1].start, item[0]))
    open_mentions: list[Mention] = []
    for place, mention in ordered:
        open_mentions = [other for other in open_mentions if other.end > mention.start]
        met = [other for other in open_mentions if other.overlaps(mention)]
        same = [o for o in met if (o.spans, o.label) == (mention.spans, mention.label)]
        if met:
            kind = ProblemKind.DUPLICATE_MENTION if same else ProblemKind.OVERLAP
            names = [m.id or f"{m.label} {m.start} {m.end}" for m in (mention, (same or met)[0])]
            message = f"{names[0]} {'repeats' if same else 'overlaps'} {names[1]}"
            if lines is None:
                problems.append(Problem(file or "", 0, kind, f"{document.id}: {message}"))
            else:
                problems.append(Problem(f"{document.id}.ann", lines[place], kind, message))
        open_mentions.append(mention)
    return problems


def _dangling(document: Document, lines: list[int]) -> list[Problem]:
    known = {mention.id for mention in document.mentions}
    known |= {attachment.line.partition("\t")[0] for attachment in document.attachments}
    problems = []
    for line, attachment in zip(lines, document.attachments, strict=True):
        identifier, _, content = attachment.line.partition("\t")
        argument = _TARGETS.get(identifier[:1])
        if argument is None:
            continue
        for target in argument.findall(content.partition("\t")[0]):
            if target not in known:
                message = f"{identifier} speaks of {target}, which is not there"
                file = f"{document.id}.ann"
                problems.append(Problem(file, line, ProblemKind.DANGLING, message))
    return problems
