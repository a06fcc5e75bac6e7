"""``audit``: everything worth knowing about an annotated folder before one trains on it."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from pharmaner.corpora.folder import read_folder
from pharmaner.corpora.offsets import offset_convention
from pharmaner.corpora.report import Problem, ProblemKind
from pharmaner.document import Document, Mention

_NOTE_TARGET = re.compile(r"^[^ ]+ ([TREAMN#][0-9]+)(?= |$)")
_RELATION_ARGUMENT = re.compile(r":([TE][0-9]+)(?= |$)")


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
    """Read a brat folder and report on it.

    Raises:
        CorpusError: when there is no such folder, or nothing in it.
    """
    corpus = read_folder(folder)
    problems = list(corpus.problems)
    for document in corpus.documents:
        problems += _overlaps(document) + _dangling(document)
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
        convention = offset_convention(document)
        if convention:
            hints.append(f"{document.id}: every mention matches {convention}")
    return tuple(hints)


def _overlaps(document: Document) -> list[Problem]:
    problems: list[Problem] = []
    ordered = sorted(enumerate(document.mentions), key=lambda item: (item[1].start, item[0]))
    open_mentions: list[Mention] = []
    for place, mention in ordered:
        open_mentions = [other for other in open_mentions if other.end > mention.start]
        met = next((other for other in open_mentions if other.overlaps(mention)), None)
        if met is not None:
            same = (mention.spans, mention.label) == (met.spans, met.label)
            kind = ProblemKind.DUPLICATE_MENTION if same else ProblemKind.OVERLAP
            line = place + 1 + sum(a.after <= place for a in document.attachments)
            message = f"{mention.id} {'repeats' if same else 'overlaps'} {met.id}"
            problems.append(Problem(f"{document.id}.ann", line, kind, message))
        open_mentions.append(mention)
    return problems


def _dangling(document: Document) -> list[Problem]:
    known = {mention.id for mention in document.mentions}
    known |= {attachment.line.partition("\t")[0] for attachment in document.attachments}
    problems = []
    for place, attachment in enumerate(document.attachments):
        identifier, _, content = attachment.line.partition("\t")
        is_note = identifier[:1] in {"A", "M", "N", "#"}
        argument = _NOTE_TARGET if is_note else _RELATION_ARGUMENT
        for target in argument.findall(content.partition("\t")[0]):
            if target not in known:
                line = place + 1 + attachment.after
                message = f"{identifier} speaks of {target}, which is not there"
                file = f"{document.id}.ann"
                problems.append(Problem(file, line, ProblemKind.DANGLING, message))
    return problems
