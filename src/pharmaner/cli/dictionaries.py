"""``--dictionary``: lists of names, each of a type."""

from pathlib import Path
from typing import TYPE_CHECKING

from pharmaner.errors import InputError

if TYPE_CHECKING:
    from pharmaner.decoding.dictionary import Dictionary

NamedLists = list[tuple[str, Path]]
"""Types and the files that list their names."""


def named_lists(given: list[str] | None) -> NamedLists:
    """What ``--dictionary`` names.

    Raises:
        InputError: when one is not TYPE=FILE.
    """
    lists = []
    for item in given or []:
        label, equals, path = item.partition("=")
        if not (label and equals and path):
            raise InputError(f"--dictionary {item}: TYPE=FILE is accepted")
        lists.append((label, Path(path)))
    return lists


def load_dictionary(lists: NamedLists) -> "Dictionary | None":
    """The dictionary of some lists; none of no list.

    Raises:
        DictionaryError: as ``read_dictionary``.
    """
    from pharmaner.decoding.dictionary import read_dictionary

    return read_dictionary(lists) if lists else None
