"""The table of formats: what each is called, what it can hold, and who reads and writes it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pharmaner.corpora.formats import (
    annotation_tools,
    bioc,
    bioc_json,
    bioc_xml,
    brat_folder,
    conll,
    csv_table,
    docbin,
    docbin_writing,
    jsonl,
    label_studio,
    parquet_table,
    pubtator,
    table_rows,
)
from pharmaner.corpora.formats.losses import EVERYTHING, Adapter, Feature, Fitted, fit
from pharmaner.corpora.formats.source import Found, Source
from pharmaner.document import Document
from pharmaner.errors import InputError

_F = Feature
_BASIC = frozenset({_F.OFFSETS, _F.DOCUMENT_IDS, _F.TYPES})
_IN_OBJECTS = EVERYTHING - {_F.NOTES, _F.OTHER_LINES}


@dataclass(frozen=True, slots=True)
class Format:
    """A format.

    ``holds`` is what it can hold of a document; ``adapt`` changes what is left for reasons of the
    format's own. ``read`` yields the documents of a file, of a folder where ``is_folder``;
    ``write`` takes adapted ones one by one.
    """

    name: str
    suffixes: tuple[str, ...]
    holds: frozenset[Feature]
    read: Callable[[Source], Iterator[Found]]
    adapt: Adapter
    write: Callable[[Iterable[Document], Path], None]
    is_folder: bool = False

    def fit(self, document: Document) -> Fitted:
        """The closest document that the format can hold, and what that loses."""
        held, losses = fit(document, self.holds)
        adapted, more = self.adapt(held)
        return adapted, losses + more


FORMATS = {
    form.name: form
    for form in (
        Format(
            "brat",
            (),
            EVERYTHING - {_F.METADATA},
            brat_folder.read,
            brat_folder.adapt,
            brat_folder.write,
            is_folder=True,
        ),
        Format(
            "conll",
            (".conll", ".bio", ".iob", ".iob2", ".bioes"),
            _BASIC - {_F.OFFSETS},
            conll.read,
            conll.adapt,
            conll.write,
        ),
        Format(
            "pubtator",
            (".pubtator",),
            _BASIC | {_F.NESTED, _F.CODES, _F.QUOTATIONS},
            pubtator.read,
            pubtator.adapt,
            pubtator.write,
        ),
        Format(
            "bioc-xml",
            (".xml",),
            EVERYTHING - {_F.OTHER_LINES},
            bioc_xml.read,
            bioc_xml.adapt,
            bioc_xml.write,
        ),
        Format(
            "bioc-json",
            (".json",),
            EVERYTHING - {_F.OTHER_LINES},
            bioc_json.read,
            bioc.adapt,
            bioc_json.write,
        ),
        Format("jsonl", (".jsonl",), EVERYTHING, jsonl.read, jsonl.adapt, jsonl.write),
        Format(
            "prodigy",
            (".jsonl",),
            _BASIC | {_F.NESTED, _F.METADATA},
            annotation_tools.read_prodigy,
            lambda document: (document, []),
            annotation_tools.write_prodigy,
        ),
        Format(
            "doccano",
            (".jsonl",),
            _BASIC | {_F.NESTED, _F.METADATA},
            annotation_tools.read_doccano,
            annotation_tools.adapt_doccano,
            annotation_tools.write_doccano,
        ),
        Format(
            "label-studio",
            (".json",),
            EVERYTHING - {_F.DISCONTINUOUS, _F.CODES, _F.OTHER_LINES},
            label_studio.read,
            label_studio.adapt,
            label_studio.write,
        ),
        Format(
            "csv", (".csv", ".tsv"), _IN_OBJECTS, csv_table.read, table_rows.adapt, csv_table.write
        ),
        Format(
            "parquet",
            (".parquet",),
            _IN_OBJECTS,
            parquet_table.read,
            table_rows.adapt,
            parquet_table.write,
        ),
        Format(
            "docbin",
            (".spacy",),
            _BASIC | {_F.NESTED, _F.CODES, _F.MENTION_IDS, _F.METADATA},
            docbin.read,
            docbin_writing.adapt,
            docbin_writing.write,
        ),
    )
}


def named_format(name: str) -> Format:
    """The format of a name.

    Raises:
        InputError: naming the formats there are.
    """
    if name not in FORMATS:
        raise InputError(f"format {name!r}: unknown; {', '.join(FORMATS)} are accepted")
    return FORMATS[name]
