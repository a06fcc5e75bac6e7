"""A document made from a file that may be wrong: what fits is kept, the rest is reported."""

import re
from collections.abc import Iterable
from itertools import count
from typing import Any

from pharmaner.corpora.attachments import note_line
from pharmaner.corpora.brat import one_column
from pharmaner.corpora.formats.source import Found
from pharmaner.corpora.report import Problem, ProblemKind
from pharmaner.document import Attachment, Document, Mention, Span, covered_text

_WHITE_SPACE = re.compile(r"\s")
_LONGEST_SHOWN = 60


def shown(value: object) -> str:
    """A value as a message quotes it: on one line, and short."""
    text = value if isinstance(value, str) else repr(value)
    text = ascii(text[: _LONGEST_SHOWN + 1])[1:-1] if _is_awkward(text) else text
    return f'"{text}"' if len(text) <= _LONGEST_SHOWN else f'"{text[: _LONGEST_SHOWN - 3]}..."'


def _is_awkward(text: str) -> bool:
    return not text[: _LONGEST_SHOWN + 1].isprintable()


class DocumentBuilder:
    """Gathers the mentions of one document.

    Args:
        file: the name that problems are reported under.
        line: where the document is in it; 0 for somewhere.
        document_id: the id that it gets.
        text: its text.
    """

    def __init__(self, file: str, line: int, document_id: object, text: object) -> None:
        self.file = file
        self.line = line
        self.id = _identifier(document_id)
        self.text = text
        self.mentions: list[Mention] = []
        self.attachments: list[Attachment] = []
        self.metadata: dict[str, Any] = {}
        self.problems: list[Problem] = []

    def report(self, kind: ProblemKind, message: str, line: int | None = None) -> None:
        """Say that something is wrong, or not read."""
        name = shown(self.id)[1:-1]
        where = self.line if line is None else line
        self.problems.append(Problem(self.file, where, kind, f"{name}: {message}"))

    def list_of(self, value: object, name: str) -> list[Any]:
        """A value that should be a list; where it is none, an empty one, which is reported."""
        if isinstance(value, list):
            return value
        if value is not None:
            self.report(ProblemKind.MALFORMED, f"{name}: found {shown(value)}; a list is accepted")
        return []

    def add(
        self,
        offsets: Iterable[tuple[object, object]],
        label: object,
        *,
        mention_id: object = None,
        score: object = None,
        codes: Iterable[object] = (),
        quotation: object = None,
        notes: Iterable[str] = (),
        line: int | None = None,
    ) -> None:
        """Add a mention, or report why it is none.

        Args:
            offsets: start and end of each span.
            label: the type.
            mention_id: kept unless it holds white space.
            score: kept if it is a number from 0 to 1.
            codes: what the mention is normalised to.
            quotation: what the file says that the mention's text is; nothing if ``None``.
            notes: remarks on the mention.
            line: where the mention is, if not where the document is.
        """
        if not isinstance(self.text, str):
            return
        try:
            spans = tuple(sorted(Span(_integer(start), _integer(end)) for start, end in offsets))
            mention = Mention(spans, _filled(label, "a type"))
        except ValueError as error:
            self.report(ProblemKind.MALFORMED, f"a mention: {error}", line)
            return
        if mention.end > len(self.text):
            message = f"{mention.label} ends at {mention.end}, past the text's end; "
            message += f"offsets up to {len(self.text)} are accepted"
            self.report(ProblemKind.OUT_OF_RANGE, message, line)
            return
        notes = list(notes)
        self.mentions.append(
            Mention(
                spans,
                mention.label,
                self._mention_id(mention_id, bool(notes)),
                self._score(score),
                self._quotation(quotation, mention, line),
                self._codes(codes),
            )
        )
        for note in notes:
            added = note_line(len(self.attachments) + 1, self.mentions[-1].id or "", note)
            self.attachments.append(Attachment(added, len(self.mentions)))

    def build(self) -> Found:
        """The document, or none if its id or its text cannot be one."""
        try:
            identifier = _filled(self.id, "an id")
            if not isinstance(self.text, str):
                raise ValueError(f"a text is needed, found {shown(self.text)}")
            document = Document(
                identifier,
                self.text,
                tuple(self.mentions),
                tuple(self.attachments),
                self.metadata,
            )
        except ValueError as error:
            self.report(ProblemKind.MALFORMED, str(error))
            return None, self.problems
        return document, self.problems

    def _mention_id(self, mention_id: object, is_noted: bool) -> str | None:
        if isinstance(mention_id, int) and not isinstance(mention_id, bool):
            mention_id = str(mention_id)
        if isinstance(mention_id, str) and mention_id and not _WHITE_SPACE.search(mention_id):
            return mention_id
        if mention_id not in (None, ""):
            self.report(ProblemKind.NOT_READ, f"{shown(mention_id)} is no id of a mention")
        if not is_noted:
            return None
        taken = {mention.id for mention in self.mentions}
        return next(name for number in count(1) if (name := f"T{number}") not in taken)

    def _score(self, score: object) -> float | None:
        if score is None:
            return None
        if isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 1:
            return float(score)
        self.report(ProblemKind.NOT_READ, f"{shown(score)} is no score from 0 to 1")
        return None

    def _codes(self, codes: Iterable[object]) -> tuple[str, ...]:
        kept = []
        for code in codes:
            if isinstance(code, int) and not isinstance(code, bool):
                code = str(code)
            if isinstance(code, str):
                kept += [code] if code else []
            else:
                self.report(ProblemKind.NOT_READ, f"{shown(code)} is no code")
        return tuple(kept)

    def _quotation(self, quotation: object, mention: Mention, line: int | None) -> str | None:
        if not isinstance(quotation, str) or not isinstance(self.text, str):
            return None
        covered = covered_text(self.text, mention)
        if one_column(quotation) == one_column(covered):
            return None
        message = f"{mention.label} covers {shown(covered)}, file says {shown(quotation)}"
        self.report(ProblemKind.MISMATCH, message, line)
        return quotation


def _identifier(value: object) -> object:
    """A whole number as its digits; what is not UTF-8 in a text, as in a file's name, escaped."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int):
        return str(value)
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _integer(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError(f"an offset is needed, found {shown(value)}")


def _filled(value: object, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is needed, found {shown(value)}")
    return value
