"""A document for the terminal, its mentions coloured."""

from rich.text import Text

from pharmaner.document import Document
from pharmaner.report.segments import label_order, segments

_CONTROLS = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n\r"}
_CONTROLS |= dict.fromkeys(range(0x7F, 0xA0), 0xFFFD)
"""What is shown for characters that could steer a terminal (rich drops the carriage return)."""

_COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "red")


def coloured(document: Document) -> Text:
    """The whole text, controls made visible, each mention coloured and followed by its type."""
    order = label_order([document])
    shown = Text()
    for raw, mentions in segments(document):
        slice_ = visible(raw)
        if not mentions:
            shown.append(slice_)
            continue
        label = mentions[0].label
        style = f"black on bright_{_COLOURS[order[label] % len(_COLOURS)]}"
        shown.append(slice_, style)
        shown.append(f" {visible(label)} ", f"{style} dim")
    return shown


def visible(text: str) -> str:
    """A text whose characters that could steer a terminal are replaced by pictures of them."""
    return text.translate(_CONTROLS)
