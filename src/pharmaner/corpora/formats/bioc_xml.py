"""BioC XML. Entities are refused; a document type that is only named is passed over."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from pharmaner.corpora.formats import bioc
from pharmaner.corpora.formats.losses import Feature, Fitted, Loss
from pharmaner.corpora.formats.source import Found, Source
from pharmaner.corpora.report import Problem, ProblemKind
from pharmaner.document import Attachment, Document, Mention
from pharmaner.errors import CorpusError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

DEEPEST = 32
"""How deep elements may be nested; BioC needs seven levels."""

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {"\r": "&#13;"}
_ATTRIBUTE_ESCAPES = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
_REPLACED = "control characters, which XML cannot hold, became U+FFFD"
_DIGITS = re.compile(r"[0-9]{1,18}")


def read(source: Source) -> Iterator[Found]:
    """Read a file's documents one by one; its encoding is the one that it declares.

    Raises:
        CorpusError: when the file cannot be read, is no well-formed XML, or defines entities.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    try:
        with source.path.open("rb") as stream:
            yield from _documents(iterparse(stream, events=("start", "end")), source)
    except ParseError as error:
        raise CorpusError(f"{source.path}: is no well-formed XML: {error}") from None
    except DefusedXmlException:
        message = "defines entities, or refers to other files; neither is accepted"
        raise CorpusError(f"{source.path}: {message}") from None
    except (LookupError, ValueError) as error:
        raise CorpusError(f"{source.path}: cannot be decoded: {error}") from None
    except OSError as error:
        raise CorpusError(f"{source.path}: cannot be read: {error.strerror}") from error


def _documents(events: "Iterable[tuple[str, Element]]", source: Source) -> Iterator[Found]:
    path: list[Element] = []
    for event, element in events:
        if event == "start":
            path.append(element)
            if len(path) == 1 and element.tag != "collection":
                raise CorpusError(f"{source.path}: its root is no <collection>, so it is no BioC")
            if len(path) > DEEPEST:
                raise CorpusError(f"{source.path}: nested deeper than {DEEPEST} elements")
            continue
        path.pop()
        if len(path) == 1:
            if element.tag == "document":
                yield bioc.document_of(_record(element), source.file)
            elif element.tag == "infon":
                message = "an infon of the collection is not read"
                yield None, [Problem(source.file, 0, ProblemKind.NOT_READ, message)]
            path[0].clear()


def _record(element: "Element") -> dict[str, Any]:
    """An element with its parts as BioC JSON has them."""
    record: dict[str, Any] = dict(element.attrib)
    record["infons"] = {i.get("key", ""): i.text or "" for i in element.findall("infon")}
    for name in ("id", "text"):
        held = element.find(name)
        if held is not None:
            record[name] = held.text or ""
    for name in ("passage", "sentence", "annotation", "relation", "location"):
        record[f"{name}s"] = [_record(inner) for inner in element.findall(name)]
    offset = element.findtext("offset", element.get("offset"))
    for name, value in (("offset", offset), ("length", element.get("length"))):
        digits = (value or "").strip()
        record[name] = int(digits) if _DIGITS.fullmatch(digits) else value
    return record


def adapt(document: Document) -> Fitted:
    """As ``bioc.adapt``; U+FFFD stands for each code point that XML has no way to write."""
    fitted, losses = bioc.adapt(document)

    def clean(text: str, feature: Feature) -> str:
        cleaned = _NOT_IN_XML.sub("\ufffd", text)
        if cleaned != text:
            losses.append(Loss(document.id, feature, _REPLACED))
        return cleaned

    fitted = Document(
        clean(fitted.id, Feature.DOCUMENT_IDS),
        clean(fitted.text, Feature.OFFSETS),
        tuple(_cleaned(mention, clean) for mention in fitted.mentions),
        tuple(Attachment(clean(a.line, Feature.NOTES), a.after) for a in fitted.attachments),
        {
            clean(name, Feature.METADATA): clean(value, Feature.METADATA)
            for name, value in fitted.metadata.items()
        },
    )
    return fitted, losses


def _cleaned(mention: Mention, clean: Callable[[str, Feature], str]) -> Mention:
    quotation = mention.quotation
    return replace(
        mention,
        id=mention.id and clean(mention.id, Feature.MENTION_IDS),
        label=clean(mention.label, Feature.TYPES),
        codes=tuple(clean(code, Feature.CODES) for code in mention.codes),
        quotation=None if quotation is None else clean(quotation, Feature.QUOTATIONS),
    )


def write(documents: Iterable[Document], path: Path) -> None:
    """Write documents that ``adapt`` made."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        stream.write('<!DOCTYPE collection SYSTEM "BioC.dtd">\n')
        stream.write("<collection><source></source><date></date><key></key>\n")
        for document in documents:
            record = bioc.record_of(document)
            stream.write(f"<document><id>{_text(record['id'])}</id>{_infons(record)}")
            (passage,) = record["passages"]
            stream.write(f"<passage><offset>0</offset><text>{_text(passage['text'])}</text>\n")
            stream.writelines(map(_annotation, passage["annotations"]))
            stream.write("</passage></document>\n")
        stream.write("</collection>\n")


def _annotation(record: dict[str, Any]) -> str:
    locations = "".join(
        f'<location offset="{location["offset"]}" length="{location["length"]}"/>'
        for location in record["locations"]
    )
    text = f"<text>{_text(record['text'])}</text>"
    opening = f"<annotation id={quoteattr(record['id'], _ATTRIBUTE_ESCAPES)}>"
    return f"{opening}{_infons(record)}{locations}{text}</annotation>\n"


def _infons(record: dict[str, Any]) -> str:
    return "".join(
        f"<infon key={quoteattr(name, _ATTRIBUTE_ESCAPES)}>{_text(value)}</infon>"
        for name, value in record["infons"].items()
    )


def _text(value: str) -> str:
    return escape(value, _ESCAPES)
