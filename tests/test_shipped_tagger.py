"""The tagger in the package: whole, small, without torch, and it knows Spanish clinical texts."""

import json
import os
import subprocess
import sys

import pytest

from pharmaner.corpora.folder import read_folder
from pharmaner.model_folder import PACKAGE, open_model_folder
from pharmaner.tagger import Tagger
from tests.test_core_without_torch import BLOCKED

SHIPPED = PACKAGE / "shipped"
SENTENCES = (
    (
        "Se inició tratamiento con rituximab y metotrexato por elevación de la PCR.",
        {"rituximab", "metotrexato", "PCR"},
    ),
    ("Ferritina 340 ng/ml. Se pautó omeprazol 20mg cada 24 h.", {"Ferritina", "omeprazol"}),
    ("La exploración abdominal fue normal y se citó en tres meses.", set()),
)
LOWEST_F1 = 0.9
"""The least on notes that were written for the package; it was 0.950 when shipped."""


def without_torch(*arguments: object, stdin: str = "") -> str:
    command = [sys.executable, "-c", BLOCKED, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, input=stdin, check=True)
    return done.stdout


def test_it_is_small_whole_and_says_where_it_comes_from() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= 40e6
    manifest = open_model_folder(SHIPPED).manifest
    assert {path.name for path in SHIPPED.iterdir()} == {*manifest["files"], "manifest.json"}
    check = manifest["export"]["check"]
    assert check["accepted"]
    card = (SHIPPED / "README.md").read_text(encoding="utf-8")
    for said in ("CC BY 4.0", "MIT", "Intended use", "not a medical device", "seed 0"):
        assert said in card


@pytest.mark.parametrize(("sentence", "expected"), SENTENCES)
def test_it_annotates_a_sentence_without_torch(sentence: str, expected: set[str]) -> None:
    (line,) = without_torch("predict", stdin=sentence).splitlines()
    record = json.loads(line)
    assert record["text"] == sentence
    assert {mention["text"] for mention in record["mentions"]} == expected
    for mention in record["mentions"]:
        assert sentence[mention["start"] : mention["end"]] == mention["text"]
        assert 0.5 < mention["score"] <= 1


def test_it_finds_what_is_annotated_in_invented_notes() -> None:
    sample = PACKAGE / "sample" / "test"
    assert json.loads(without_torch("evaluate", sample, "--json"))["f1"] >= LOWEST_F1


def test_what_is_found_in_a_text_does_not_depend_on_the_texts_beside_it() -> None:
    tagger = Tagger.load()
    notes = [d.with_mentions([]) for d in read_folder(PACKAGE / "sample" / "test").documents[:12]]
    together = [prediction.document for prediction in tagger.predict_documents(notes)]
    assert sum(len(document.mentions) for document in together) > 50
    for note, found in zip(notes, together, strict=True):
        alone = tagger.predict(note.text).mentions
        assert [(m.spans, m.label) for m in alone] == [(m.spans, m.label) for m in found.mentions]
        scores = [mention.score for mention in found.mentions]
        assert [mention.score for mention in alone] == pytest.approx(scores, abs=1e-9)


FORKING = """
import os
from pharmaner import Tagger
tagger = Tagger.load()
text = "Se pautó omeprazol."
before = tagger.predict(text)
child = os.fork()
if child == 0:
    os._exit(0 if tagger.predict(text) == before else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_process_predicts_what_its_parent_does() -> None:
    command = [sys.executable, "-W", "ignore", "-c", FORKING]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "0\n"
