"""Annotated documents as one self-contained HTML page: no script from elsewhere, opens offline."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pharmaner.document import Document
from pharmaner.report.rendering import render
from pharmaner.report.segments import label_order, segments
from pharmaner.storage import write_text


def write_page(documents: Sequence[Document], path: Path, title: str = "pharmaner") -> None:
    """Write a page that shows documents with their mentions highlighted."""
    order = label_order(list(documents))
    counts = Counter(m.label for document in documents for m in document.mentions)
    shown = [{"id": d.id, "segments": list(segments(d))} for d in documents]
    page = render("mentions.html", title=title, documents=shown, order=order, counts=counts)
    write_text(path, page)
