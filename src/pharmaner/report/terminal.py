"""A document for the terminal, its mentions coloured."""

from rich.text import Text

from pharmaner.document import Document
from pharmaner.report.segments import label_order, segments

_COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "red")


def coloured(document: Document) -> Text:
    """The whole text, each mention on a colour of its type and followed by the type's name."""
    order = label_order([document])
    shown = Text()
    for slice_, mentions in segments(document):
        if not mentions:
            shown.append(slice_)
            continue
        label = mentions[0].label
        style = f"black on bright_{_COLOURS[order[label] % len(_COLOURS)]}"
        shown.append(slice_, style)
        shown.append(f" {label} ", f"{style} dim")
    return shown
