"""Texts to annotate that come from a corpus: what is told of those that cannot be read."""

import json
from pathlib import Path

from pharmaner.corpora.formats.source import Source
from pharmaner.corpora.formats.texts import open_corpus_texts


def test_the_reason_for_a_failure_is_what_made_it_fail(tmp_path: Path) -> None:
    mention = {"start": 5, "end": 10, "label": "DRUG", "text": "sodio"}
    record = json.dumps({"id": "a", "text": "Toma litio", "mentions": [mention]})
    (tmp_path / "notes.jsonl").write_text(f"{record}\n{record}\n")
    texts = open_corpus_texts(Source(tmp_path / "notes.jsonl"), names_files=False)
    failures: list[str] = []
    documents = texts.documents(on_failure=lambda name, error: failures.append(f"{name} {error}"))
    assert [document.id for document in documents] == ["a"]
    (failure,) = failures
    assert failure.startswith("notes.jsonl notes.jsonl")
    assert failure.endswith(": a second document of the id 'a'")
