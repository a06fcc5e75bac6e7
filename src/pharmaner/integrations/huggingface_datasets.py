"""Documents as a Hugging Face ``Dataset``, and back, with nothing lost.

A row is a document: ``id``, ``text``, ``mentions`` and whatever else ``Document`` has, under the
same names. Offsets are those of ``Document``: half-open Unicode code points. Columns that are no
part of a document are passed over on the way back.
"""

import json
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from types import NoneType
from typing import TYPE_CHECKING, Any, cast, get_args, get_origin, get_type_hints

from pharmaner.document import Document
from pharmaner.errors import CorpusError, MissingExtraError

if TYPE_CHECKING:
    from datasets import Dataset

_VALUES = {str: "string", int: "int64", float: "float64"}


def to_dataset(documents: Iterable[Document]) -> "Dataset":
    """Documents as the rows of a dataset, in order.

    Raises:
        MissingExtraError: when the library is not installed.
    """
    try:
        from datasets import Dataset, Features
    except ImportError:
        raise MissingExtraError(
            "datasets is not installed; `pip install 'pharmaner[datasets]'` brings it"
        ) from None
    features = _feature(Document)
    rows = [_plain(document, Document) for document in documents]
    columns = {name: [row[name] for row in rows] for name in features}
    return Dataset.from_dict(columns, features=Features(features))


def from_dataset(dataset: "Dataset") -> list[Document]:
    """The documents that the rows of a dataset hold, in order.

    Raises:
        CorpusError: for a row that is no document; says which.
    """
    documents = []
    for number, row in enumerate(dataset):
        try:
            documents.append(_built(row, Document))
        except (KeyError, TypeError, ValueError) as error:
            reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise CorpusError(f"row {number} of the dataset is no document: {reason}") from None
    return documents


def _kind(annotation: Any) -> Any:
    """The type of a field, ``None`` aside."""
    kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
    return kinds[0] if NoneType in get_args(annotation) else annotation


def _feature(annotation: Any) -> Any:
    from datasets import List, Value

    kind = _kind(annotation)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return {field.name: _feature(hints[field.name]) for field in fields(kind)}
    if get_origin(kind) is tuple:
        return List(_feature(get_args(kind)[0]))
    return Value(_VALUES.get(kind, "string"))


def _plain(value: Any, annotation: Any) -> Any:
    """A value as the rows hold it; what is neither plain nor ours is written as JSON."""
    kind = _kind(annotation)
    if value is None or kind in _VALUES:
        return value
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return {f.name: _plain(getattr(value, f.name), hints[f.name]) for f in fields(kind)}
    if get_origin(kind) is tuple:
        return [_plain(part, get_args(kind)[0]) for part in value]
    return json.dumps(value, ensure_ascii=False)


def _built(value: Any, annotation: Any) -> Any:
    """The inverse of ``_plain``; a value of another type is a ``TypeError``."""
    kind = _kind(annotation)
    if value is None and NoneType in get_args(annotation):
        return None
    if kind in _VALUES:
        accepted = (int, float) if kind is float else kind
        if isinstance(value, bool) or not isinstance(value, accepted):
            raise TypeError(f"found {value!r:.60} where {_VALUES[kind]} is accepted")
        return value
    if is_dataclass(kind):
        hints, build = get_type_hints(kind), cast(Any, kind)
        return build(**{f.name: _built(value[f.name], hints[f.name]) for f in fields(kind)})
    if get_origin(kind) is tuple:
        return tuple(_built(part, get_args(kind)[0]) for part in value)
    found = json.loads(value)
    if not isinstance(found, dict):
        raise TypeError(f"found {value!r:.60} where a JSON object is accepted")
    return found
