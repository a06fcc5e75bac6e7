"""What annotation lines say of mentions: their codes (``N``), their notes and scores (``#``)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pharmaner.document import Attachment, Mention

SCORE_NOTE = "Score"
"""The type of the notes that carry a mention's score."""

FREE_NOTE = "AnnotatorNotes"
"""The type of the notes that people write, as brat calls it."""

_NORMALISATION = re.compile(r"N[^\t]*\t[^ \t]+ ([^ \t]+) ([^\t]+)(?:\t(.*))?", re.DOTALL)
_NOTE = re.compile(r"#[^\t]*\t([^ \t]+) ([^ \t]+)\t(.*)", re.DOTALL)
_ONE_COLUMN = str.maketrans("\t\r\n", "   ")
_SCORE = re.compile(r"0(\.[0-9]{1,17})?|1(\.0{1,17})?")


@dataclass(slots=True)
class Remarks:
    """What lines say of one mention."""

    codes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    score: float | None = None


def remarks(
    attachments: Iterable[Attachment], mentions: Iterable[Mention]
) -> tuple[dict[str, Remarks], list[Attachment]]:
    """What the lines say of the mentions, by id, and the lines that say anything else.

    A normalisation that also names what its code stands for is among the others too: the name is
    not part of the code.
    """
    found = {mention.id: Remarks() for mention in mentions if mention.id}
    others = []
    for attachment in attachments:
        code, note = _NORMALISATION.fullmatch(attachment.line), _NOTE.fullmatch(attachment.line)
        if code and code[1] in found:
            found[code[1]].codes.append(code[2])
            if code[3]:
                others.append(attachment)
        elif note and note[2] in found and note[1] == FREE_NOTE:
            found[note[2]].notes.append(note[3])
        elif note and note[2] in found and note[1] == SCORE_NOTE and _SCORE.fullmatch(note[3]):
            found[note[2]].score = float(note[3])
        else:
            others.append(attachment)
    return found, others


def with_remarks(mentions: Iterable[Mention], found: Mapping[str, Remarks]) -> list[Mention]:
    """The mentions with the codes and scores that lines give them."""
    return [
        replace(mention, codes=tuple(said.codes), score=said.score)
        if mention.id and (said := found.get(mention.id)) and (said.codes or said.score is not None)
        else mention
        for mention in mentions
    ]


def note_line(number: int, mention_id: str, text: str) -> str:
    """The line of a free note; each tab and line break in it becomes a space."""
    return f"#{number}\t{FREE_NOTE} {mention_id}\t{text.translate(_ONE_COLUMN)}"


def retargeted(attachment: Attachment, names: Mapping[str, str]) -> Attachment:
    """The line with the mentions that it speaks of under their new names."""
    identifier, tab, rest = attachment.line.partition("\t")
    content, *others = rest.split("\t", 1)
    kind, *targets = content.split(" ")
    if identifier[:1] in {"A", "M", "N", "#"}:
        targets[:1] = [names.get(target, target) for target in targets[:1]]
    else:
        kind, *targets = (_renamed(word, names) for word in (kind, *targets))
    line = "\t".join([" ".join([kind, *targets]), *others])
    return replace(attachment, line=f"{identifier}{tab}{line}")


def _renamed(word: str, names: Mapping[str, str]) -> str:
    """A mention of an equivalence, or what follows the colon of a role."""
    role, colon, target = word.partition(":")
    return f"{role}:{names.get(target, target)}" if colon else names.get(word, word)
