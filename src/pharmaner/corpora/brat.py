r"""brat standoff, https://brat.nlplab.org/standoff.html: a text and the lines that annotate it.

Reading keeps every line: mentions become ``Mention``, all others ``Attachment``; what those say of
a mention's codes and score is also given to the mention. Lines end at
"\n" alone (a "\r" before it is dropped), so that no separator inside a quotation cuts a line.
"""

import re
from collections import deque
from dataclasses import replace
from itertools import count, islice

from pharmaner.corpora.attachments import SCORE_NOTE, Remarks, remarks, with_remarks
from pharmaner.corpora.report import Problem, ProblemKind
from pharmaner.document import Attachment, Document, Mention, Span, covered_text

_OFFSETS = re.compile(r"[0-9]{1,18} [0-9]{1,18}(;[0-9]{1,18} [0-9]{1,18})*")
_OTHER_LINE = re.compile(r"([REAMN#][^\t]*|\*)\t.")


def parse_document(
    document_id: str, text: str, annotations: str, file: str
) -> tuple[Document, list[Problem]]:
    """Read annotations over a text.

    Args:
        document_id: the id that the document gets.
        text: the text, code point by code point as in its file.
        annotations: the content of the annotation file; a byte-order mark at its start is ignored.
        file: the name that problems are reported under.

    Returns:
        The document, and what is wrong with it. A line that cannot be a mention (malformed, or
        past the end of the text) is kept as an attachment and reported.
    """
    mentions: list[Mention] = []
    attachments: list[Attachment] = []
    problems: list[Problem] = []
    lines = annotations.removeprefix("\ufeff").split("\n")
    if lines[-1] == "":
        lines.pop()
    seen: set[str] = set()
    rest = iter(enumerate(lines, start=1))
    for number, raw in rest:
        line = raw.removesuffix("\r")
        mention, found = _parse_line(line, text)
        if mention is not None and found and (more := _broken_off(mention, text, lines, number)):
            mention = replace(mention, quotation=None)
            found = [
                (ProblemKind.BROKEN_LINE, f"{mention.id}'s quotation runs over {more + 1} lines")
            ]
            next(islice(rest, more, more), None)
        identifier = line.partition("\t")[0]
        if identifier in seen:
            found.append((ProblemKind.DUPLICATE_ID, f"{identifier} was used before"))
        if identifier not in {"", "*"}:
            seen.add(identifier)
        problems += [Problem(file, number, kind, message) for kind, message in found]
        if mention is None:
            attachments.append(Attachment(line, len(mentions)))
        else:
            mentions.append(mention)
    described = (
        with_remarks(mentions, remarks(attachments, mentions)[0]) if attachments else mentions
    )
    return Document(document_id, text, tuple(described), tuple(attachments)), problems


def _parse_line(line: str, text: str) -> tuple[Mention | None, list[tuple[ProblemKind, str]]]:
    if not line.startswith("T"):
        if line and not _OTHER_LINE.match(line):
            accepted = "an id (T, R, E, A, M, N, # or *), a tab and its content are accepted"
            return None, [(ProblemKind.MALFORMED, f"found {_shown(line)}; {accepted}")]
        return None, []
    identifier, _, rest = line.partition("\t")
    head, quoted, quotation = rest.partition("\t")
    label, _, offsets = head.partition(" ")
    if not label or not _OFFSETS.fullmatch(offsets):
        accepted = "a tab, a type, start and end are accepted"
        return None, [(ProblemKind.MALFORMED, f"{identifier} has {_shown(rest)}; {accepted}")]
    pairs = [tuple(map(int, pair.split(" "))) for pair in offsets.split(";")]
    try:
        spans = tuple(sorted(Span(start, end) for start, end in pairs))
        mention = Mention(spans, label, identifier)
    except ValueError as error:
        return None, [(ProblemKind.MALFORMED, f"{identifier}: {error}")]
    if mention.end > len(text):
        message = (
            f"{identifier} ends at {mention.end}, past the text's end; "
            f"offsets up to {len(text)} are accepted"
        )
        return None, [(ProblemKind.OUT_OF_RANGE, message)]
    covered = on_one_line(covered_text(text, mention))
    if not quoted or on_one_line(quotation) == covered:
        return mention, []
    message = f"{identifier} covers {_shown(covered)}, file says {_shown(quotation)}"
    differing = Mention(spans, label, identifier, quotation=quotation)
    return differing, [(ProblemKind.MISMATCH, message)]


def _broken_off(mention: Mention, text: str, lines: list[str], number: int) -> int:
    """How many lines after line ``number`` still belong to its mention's quotation."""
    covered = covered_text(text, mention)
    more = covered.count("\n")
    quotation = "\n".join([mention.quotation or "", *lines[number : number + more]])
    return more if quotation.replace("\r", "") == covered.replace("\r", "") else 0


def format_annotations(document: Document) -> str:
    """The annotation file of a document; mentions without an id are numbered on from T1.

    Scores are written as notes of the type ``Score``, four decimals, and codes as normalisations,
    unless the document has such lines already.
    """
    said, _ = remarks(document.attachments, document.mentions)
    taken = {mention.id for mention in document.mentions}
    taken |= {attachment.line.partition("\t")[0] for attachment in document.attachments}
    mention_ids = (f"T{n}" for n in count(1) if f"T{n}" not in taken)
    note_ids = (f"#{n}" for n in count(1) if f"#{n}" not in taken)
    code_ids = (f"N{n}" for n in count(1) if f"N{n}" not in taken)
    waiting = deque(document.attachments)
    lines: list[str] = []
    for before, mention in enumerate(document.mentions):
        while waiting and waiting[0].after <= before:
            lines.append(waiting.popleft().line)
        identifier = mention.id or next(mention_ids)
        offsets = ";".join(f"{span.start} {span.end}" for span in mention.spans)
        quotation = mention.quotation
        if quotation is None:
            quotation = on_one_line(document.text_of(mention))
        lines.append(f"{identifier}\t{mention.label} {offsets}\t{quotation}")
        known = said.get(identifier, Remarks())
        for code in mention.codes:
            if code not in known.codes:
                lines.append(f"{next(code_ids)}\tReference {identifier} {code}\t")
        if mention.score is not None and known.score is None:
            lines.append(f"{next(note_ids)}\t{SCORE_NOTE} {identifier}\t{mention.score:.4f}")
    lines += [attachment.line for attachment in waiting]
    return "".join(f"{line}\n" for line in lines)


def on_one_line(quotation: str) -> str:
    """A quotation as an annotation file holds it: a space for each character that ends a line."""
    return quotation.replace("\r", " ").replace("\n", " ")


def one_column(text: str) -> str:
    """A text as a column of a line holds it: a space for each tab and line break."""
    return on_one_line(text).replace("\t", " ")


def _shown(found: str) -> str:
    short = found if len(found) <= 60 else found[:57] + "..."
    return '"' + short.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n") + '"'
