"""One system over some texts, in a process of its own: how long, how much memory, which spans.

Started by prediction_speed.py. The systems other than pharmaner read a model folder as any other
Hugging Face folder.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

Text = tuple[str, str]
Spans = list[tuple[int, int, str]]
System = Callable[[Sequence[Text]], dict[str, Spans]]


def pharmaner(model: Path, _: int) -> System:
    from pharmaner.document import Document
    from pharmaner.tagger import Tagger

    tagger = Tagger.load(model)

    def run(texts: Sequence[Text]) -> dict[str, Spans]:
        predictions = tagger.predict_documents(Document(*text) for text in texts)
        return {
            p.document.id: [(m.start, m.end, m.label) for m in p.document.mentions]
            for p in predictions
        }

    return run


def pipeline_sentences(model: Path, batch: int) -> System:
    from pharmaner.text.sentences import split_sentences

    def slices(text: str) -> Iterator[tuple[int, int, int, int]]:
        for span in split_sentences(text):
            yield span.start, span.end, span.start, span.end

    return _pipeline(model, batch, slices)


def pipeline_windows(model: Path, batch: int) -> System:
    """The slices of text that pharmaner's windows see; of their spans those that each owns."""
    from pharmaner.model_folder import open_model_folder
    from pharmaner.prediction.windower import Windower
    from pharmaner.text.pieces import NO_WORD, PieceTokenizer
    from pharmaner.text.words import split_words

    tokenizer = PieceTokenizer.from_file(model / "tokenizer.json")
    windower = Windower(tokenizer, open_model_folder(model).recipe.text)

    def slices(text: str) -> Iterator[tuple[int, int, int, int]]:
        words = split_words(text)
        for window in windower.windows(text, words):
            seen = window.word_index[window.word_index != NO_WORD]
            if len(seen) and window.owned:
                first, last = words[int(seen[0])], words[int(seen[-1])]
                owned = words[window.owned.start].start, words[window.owned.stop - 1].end
                yield first.start, last.end, *owned

    return _pipeline(model, batch, slices)


def _pipeline(
    model: Path, batch: int, slices: Callable[[str], Iterator[tuple[int, int, int, int]]]
) -> System:
    """``slices`` gives start and end, and where spans may begin, of each slice of a text."""
    from transformers import pipeline

    tag = pipeline("token-classification", model=str(model), aggregation_strategy="first")

    def run(texts: Sequence[Text]) -> dict[str, Spans]:
        found: dict[str, Spans] = {name: [] for name, _ in texts}
        cut = [(name, text, part) for name, text in texts for part in slices(text)]
        answers = tag((text[a:b] for _, text, (a, b, _, _) in cut), batch_size=batch)
        for (name, text, (start, _, low, high)), answer in zip(cut, answers, strict=True):
            for group in answer:
                a, b = _visible(text, start + group["start"], start + group["end"])
                if low <= a < min(b, high):
                    found[name].append((a, b, group["entity_group"]))
        return found

    return run


def _visible(text: str, start: int, end: int) -> tuple[int, int]:
    """A span without the white space around it, which SentencePiece gives to the next piece."""
    shown = text[start:end]
    return start + len(shown) - len(shown.lstrip()), end - len(shown) + len(shown.rstrip())


def spacy(model: Path, batch: int) -> System:
    """Explosion's ``hf_token_pipe``: the same folder inside a spaCy pipeline, whole documents."""
    import spacy
    import spacy_huggingface_pipelines  # noqa: F401

    language = spacy.blank("es")
    settings = {"model": str(model), "aggregation_strategy": "first", "alignment_mode": "expand"}
    settings |= {"annotate": "spans", "annotate_spans_key": "found"}
    language.add_pipe("hf_token_pipe", config={**settings, "kwargs": {"batch_size": batch}})

    def run(texts: Sequence[Text]) -> dict[str, Spans]:
        documents = language.pipe((text for _, text in texts), batch_size=batch)
        return {
            name: [(s.start_char, s.end_char, s.label_) for s in document.spans["found"]]
            for (name, _), document in zip(texts, documents, strict=True)
        }

    return run


SYSTEMS: dict[str, Callable[[Path, int], System]] = {
    "pharmaner": pharmaner,
    "pipeline, sentences": pipeline_sentences,
    "pipeline, our windows": pipeline_windows,
    "spaCy hf_token_pipe": spacy,
}


def work(task: dict[str, Any]) -> dict[str, Any]:
    import resource

    texts: list[Text] = [(name, text) for name, text in task["texts"]]
    run = SYSTEMS[task["system"]](Path(task["model"]), task["batch"])
    run(texts[:2])
    wall, cpu = time.perf_counter(), time.process_time()
    spans = run(texts)
    seconds, cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_mb": peak, "spans": spans}


if __name__ == "__main__":
    print(json.dumps(work(json.load(sys.stdin))))
