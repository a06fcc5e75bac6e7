from collections.abc import Iterable, Iterator, Sequence
from itertools import count

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from pharmaner.decoding.decoder import Decoder
from pharmaner.decoding.emissions import Emissions
from pharmaner.document import Document, Mention, Span
from pharmaner.errors import InputError
from pharmaner.labels import LabelScheme, Tagging
from pharmaner.prediction import predictor as module
from pharmaner.prediction.predictor import Prediction, Predictor
from pharmaner.prediction.windower import Windower
from pharmaner.recipe import TextSection
from pharmaner.text.pieces import NO_WORD, Pieces, PieceTokenizer, split_words_inside
from pharmaner.text.words import split_words

KINDS = ["wordpiece", "unigram", "byte_level"]
SURE = 0.9
FIRST_NUMBER = 1_000_000


class NumberedTokenizer(PieceTokenizer):
    """Gives every piece of every text a number of its own instead of its vocabulary index.

    ``owners`` holds the document and the word's span (or None) of each number.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__(tokenizer)
        self.owners: list[tuple[int, Span | None]] = []
        self.documents = count()

    def pieces(self, text: str, words: Sequence[Span]) -> Pieces:
        pieces = super().pieces(text, words)
        number = next(self.documents)
        first = FIRST_NUMBER + len(self.owners)
        for word in pieces.words.tolist():
            self.owners.append((number, None if word == NO_WORD else words[word]))
        return Pieces(np.arange(first, first + len(pieces.ids)), pieces.words)


class KnowingBackend:
    """Is sure of the gold tag of every piece; says nonsense about all that is not a word's.

    Documents must be tokenized once and in order, as their numbers are.
    """

    def __init__(
        self, documents: Sequence[Document], tokenizer: NumberedTokenizer, scheme: LabelScheme
    ) -> None:
        self.documents = documents
        self.tokenizer = tokenizer
        self.scheme = scheme
        self.lengths: list[int] = []
        self.mixed: list[set[int]] = []

    def log_probabilities(
        self, windows: Sequence[npt.NDArray[np.int64]]
    ) -> list[npt.NDArray[np.floating]]:
        self.lengths += [len(window) for window in windows]
        self.mixed.append(set())
        return [self.scored(window) for window in windows]

    def scored(self, window: npt.NDArray[np.int64]) -> npt.NDArray[np.floating]:
        tags = len(self.scheme.tags)
        scores = np.full((len(window), tags), np.nan)
        for place, piece in enumerate(window):
            number = int(piece) - FIRST_NUMBER
            document, word = self.tokenizer.owners[number] if number >= 0 else (-1, None)
            if word is not None:
                self.mixed[-1].add(document)
                scores[place] = np.log((1 - SURE) / (tags - 1))
                scores[place, self.tag(document, word)] = np.log(SURE)
        return scores

    def tag(self, document: int, word: Span) -> int:
        for mention in self.documents[document].mentions:
            if mention.start <= word.start and word.end <= mention.end:
                opens, closes = mention.start == word.start, mention.end == word.end
                prefix = "B" if opens else "I"
                if self.scheme.tagging is Tagging.BIOES and closes:
                    prefix = "S" if opens else "E"
                return self.scheme.tags.index(f"{prefix}-{mention.label}")
        return 0


def prepared(tokenizer: object) -> Tokenizer:
    assert isinstance(tokenizer, Tokenizer)
    copy = Tokenizer.from_str(tokenizer.to_str())
    split_words_inside(copy)
    return copy


def knowing(
    documents: Sequence[Document],
    tokenizer: object,
    text: TextSection,
    tagging: Tagging = Tagging.BIO,
    auxiliary: Iterable[str] = (),
) -> tuple[Predictor, KnowingBackend]:
    numbered = NumberedTokenizer(prepared(tokenizer))
    scheme = LabelScheme(("DRUG", "PROTEIN"), tagging)
    backend = KnowingBackend(documents, numbered, scheme)
    return Predictor(backend, Windower(numbered, text), scheme, auxiliary), backend


def mentions(predictions: Iterable[Prediction]) -> list[list[tuple[int, int, str]]]:
    return [[(m.start, m.end, m.label) for m in p.document.mentions] for p in predictions]


def gold(documents: Iterable[Document]) -> list[list[tuple[int, int, str]]]:
    return [[(m.start, m.end, m.label) for m in d.mentions] for d in documents]


parts = st.one_of(
    st.sampled_from(
        [
            "litio",
            "5mg",
            "anti-CD20",
            "Dra. ",
            ". ",
            "\n\n",
            "\r\n",
            " ",
            "\xa0",
            "ñ" * 70,
            "a\u0301",
        ]
    ),
    st.sampled_from(
        ["½", "10²", "[SEP]", "<s>", "\u200b", "\xad", "\x1c", "\ufeff", "😀👍🏽", "钙"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
)
texts = st.lists(parts, max_size=25).map("".join)
sections = st.builds(
    lambda form, window, share: TextSection(
        input=form, window=window, context=int(share * (window // 4))
    ),
    st.sampled_from(["document", "sentence"]),
    st.integers(16, 64),
    st.sampled_from([0.0, 0.3, 1.0]),
)


def annotated(draw: st.DrawFn, number: int, text: str, tokenizer: object) -> Document:
    """Random disjoint mentions whose first and last words have pieces."""
    words = split_words(text)
    seen = set(PieceTokenizer(prepared(tokenizer)).pieces(text, words).words.tolist())
    found, first = [], 0
    while first < len(words):
        stop = draw(st.integers(first + 1, min(len(words), first + 5)))
        if draw(st.booleans()) and {first, stop - 1} <= seen:
            label = draw(st.sampled_from(["DRUG", "PROTEIN"]))
            found.append(Mention.at(words[first].start, words[stop - 1].end, label))
        first = stop
    return Document(f"d{number}", text, tuple(found))


@pytest.mark.parametrize("kind", KINDS)
@settings(
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data(), text=sections, tagging=st.sampled_from(list(Tagging)))
def test_a_backend_that_knows_gives_back_exactly_the_gold_mentions(
    tiny_tokenizers: dict[str, object],
    kind: str,
    data: st.DataObject,
    text: TextSection,
    tagging: Tagging,
) -> None:
    tokenizer = tiny_tokenizers[kind]
    drawn = data.draw(st.lists(texts, min_size=1, max_size=4))
    documents = [annotated(data.draw, n, t, tokenizer) for n, t in enumerate(drawn)]
    predictor, _ = knowing(documents, tokenizer, text, tagging)
    predictions = list(predictor.predict(documents))
    assert mentions(predictions) == gold(documents)
    assert [(p.document.id, p.document.text) for p in predictions] == [
        (document.id, document.text) for document in documents
    ]
    assert [p.characters_covered for p in predictions] == [len(d.text) for d in documents]


def note(number: int, sentences: int) -> Document:
    """A note whose drugs recur, so that only their places tell gold mentions from others."""
    text, found = f"Nota {number}. ", []
    for sentence in range(sentences):
        text += "Toma "
        if (sentence + number) % 3:
            label = "DRUG" if sentence % 2 else "PROTEIN"
            found.append(Mention.at(len(text), len(text) + 8, label))
        text += "litio-40 con agua. "
    return Document(f"note-{number}", text, tuple(found))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["document", "sentence"])
@pytest.mark.parametrize(("window", "context"), [(16, 0), (16, 4), (33, 8), (64, 1), (256, 32)])
def test_neither_window_nor_context_nor_sentences_change_what_is_found(
    tiny_tokenizers: dict[str, object], kind: str, form: str, window: int, context: int
) -> None:
    documents = [note(number, 3 * number) for number in range(6)]
    section = TextSection.model_validate({"input": form, "window": window, "context": context})
    predictor, backend = knowing(documents, tiny_tokenizers[kind], section)
    assert mentions(predictor.predict(documents)) == gold(documents)
    assert max(backend.lengths) <= window


def test_documents_keep_their_order_while_they_are_scored_together(
    tiny_tokenizers: dict[str, object],
) -> None:
    sizes = [9, 0, 30, 1, 1, 17, 0, 4]
    documents = [note(number, size) for number, size in enumerate(sizes)]
    section = TextSection(window=32, context=4)
    predictor, backend = knowing(documents, tiny_tokenizers["wordpiece"], section)
    predictions = list(predictor.predict(documents))
    assert [p.document.id for p in predictions] == [d.id for d in documents]
    assert mentions(predictions) == gold(documents)
    assert max(len(mixed) for mixed in backend.mixed) == len(documents)


def test_predictions_come_before_all_documents_are_read(
    tiny_tokenizers: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PIECES_IN_FLIGHT", 100)
    documents = [note(number, 2) for number in range(40)]
    taken: list[str] = []

    def stream() -> Iterator[Document]:
        for document in documents:
            taken.append(document.id)
            yield document

    section = TextSection(window=32, context=4)
    predictor, _ = knowing(documents, tiny_tokenizers["wordpiece"], section)
    predictions = predictor.predict(stream())
    first = next(predictions)
    assert first.document.id == "note-0"
    assert len(taken) < 10
    assert mentions([first, *predictions]) == gold(documents)
    assert taken == [document.id for document in documents]


@pytest.mark.parametrize("text", ["", " " * 5000])
def test_texts_without_words_are_not_read_without_bound(
    tiny_tokenizers: dict[str, object], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(module, "PIECES_IN_FLIGHT", 100)
    taken = []

    def stream() -> Iterator[Document]:
        for number in range(1000):
            taken.append(number)
            yield Document(str(number), text)

    predictor, _ = knowing([], tiny_tokenizers["wordpiece"], TextSection())
    next(predictor.predict(stream()))
    assert len(taken) <= 300


class FailingBackend(KnowingBackend):
    """Cannot score what a piece of a certain document is among."""

    def __init__(self, backend: KnowingBackend, bad: set[int]) -> None:
        super().__init__(backend.documents, backend.tokenizer, backend.scheme)
        self.bad = bad

    def log_probabilities(
        self, windows: Sequence[npt.NDArray[np.int64]]
    ) -> list[npt.NDArray[np.floating]]:
        scores = super().log_probabilities(windows)
        if self.mixed[-1] & self.bad:
            raise RuntimeError("cannot score this")
        return scores


@pytest.mark.parametrize("in_flight", [50, 16_384])
@pytest.mark.parametrize("bad", [set(), {0}, {3, 4}, {7}, set(range(8))])
def test_a_document_that_fails_is_reported_and_the_others_are_predicted(
    tiny_tokenizers: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
    bad: set[int],
    in_flight: int,
) -> None:
    monkeypatch.setattr(module, "PIECES_IN_FLIGHT", in_flight)
    documents = [note(number, 2) for number in range(8)]
    predictor, backend = knowing(
        documents, tiny_tokenizers["wordpiece"], TextSection(window=32, context=4)
    )
    predictor.backend = FailingBackend(backend, bad)
    failed: list[tuple[str, str]] = []
    predictions = list(
        predictor.predict(documents, lambda name, error: failed.append((name, str(error))))
    )
    good = [document for place, document in enumerate(documents) if place not in bad]
    assert [p.document.id for p in predictions] == [document.id for document in good]
    assert mentions(predictions) == gold(good)
    assert failed == [(f"note-{place}", "cannot score this") for place in sorted(bad)]


def test_a_text_that_cannot_be_cut_is_reported_and_the_others_are_predicted(
    tiny_tokenizers: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [note(number, 2) for number in range(4)]
    predictor, _ = knowing(
        [documents[n] for n in (0, 1, 3)], tiny_tokenizers["wordpiece"], TextSection()
    )
    whole = NumberedTokenizer.pieces

    def refuse_second(self: NumberedTokenizer, text: str, words: Sequence[Span]) -> Pieces:
        if text == documents[2].text:
            raise OverflowError("too odd")
        return whole(self, text, words)

    monkeypatch.setattr(NumberedTokenizer, "pieces", refuse_second)
    failed: list[str] = []
    predictions = list(predictor.predict(documents, lambda name, _: failed.append(name)))
    assert [p.document.id for p in predictions] == ["note-0", "note-1", "note-3"]
    assert mentions(predictions) == gold([documents[n] for n in (0, 1, 3)])
    assert failed == ["note-2"]


def test_without_a_listener_the_first_failure_is_raised(
    tiny_tokenizers: dict[str, object],
) -> None:
    documents = [note(number, 2) for number in range(4)]
    predictor, backend = knowing(documents, tiny_tokenizers["wordpiece"], TextSection())
    predictor.backend = FailingBackend(backend, {2})
    with pytest.raises(RuntimeError, match="cannot score this"):
        list(predictor.predict(documents))


def test_going_on_after_a_chunk_gives_the_very_chunks_of_an_undisturbed_run(
    tiny_tokenizers: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PIECES_IN_FLIGHT", 100)
    documents = [note(number, number % 5) for number in range(30)]
    section = TextSection(window=32, context=4)

    def chunks(begin: int) -> list[list[str]]:
        rest = documents[begin:]
        predictor, _ = knowing(rest, tiny_tokenizers["wordpiece"], section)
        return [[p.document.id for p in chunk] for chunk in predictor.predict_chunks(rest)]

    whole = chunks(0)
    assert len(whole) > 5
    done = 0
    for place, chunk in enumerate(whole):
        done += len(chunk)
        assert [c for c in chunks(done) if c] == [c for c in whole[place + 1 :] if c]


@pytest.mark.parametrize("form", ["document", "sentence"])
@pytest.mark.parametrize("kind", KINDS)
def test_texts_without_words_are_covered_whole_and_have_no_mentions(
    tiny_tokenizers: dict[str, object], kind: str, form: str
) -> None:
    documents = [
        Document(str(n), t) for n, t in enumerate(["", " ", "\r\n\t\xa0\u2003\n", "", "x"])
    ]
    section = TextSection.model_validate({"input": form})
    predictor, _ = knowing(documents, tiny_tokenizers[kind], section)
    predictions = list(predictor.predict(documents))
    assert mentions(predictions) == [[]] * 5
    assert [p.characters_covered for p in predictions] == [0, 1, 6, 0, 1]


def test_no_documents_give_no_predictions(tiny_tokenizers: dict[str, object]) -> None:
    predictor, backend = knowing([], tiny_tokenizers["wordpiece"], TextSection())
    assert list(predictor.predict([])) == []
    assert backend.lengths == []


@pytest.mark.parametrize(
    ("filler", "form"), [("litio-40, ", "document"), ("x", "sentence"), (" ", "sentence")]
)
def test_a_line_of_200_000_characters_is_read_to_its_end(
    tiny_tokenizers: dict[str, object], filler: str, form: str
) -> None:
    text = (filler * 200_000)[:199_990] + " insulina."
    document = Document("long", text, (Mention.at(199_991, 199_999, "PROTEIN"),))
    section = TextSection.model_validate({"input": form})
    predictor, backend = knowing([document], tiny_tokenizers["wordpiece"], section)
    (prediction,) = predictor.predict([document])
    assert mentions([prediction]) == gold([document])
    assert prediction.characters_covered == 200_000
    assert max(backend.lengths) <= 256


def test_auxiliary_types_are_learned_but_never_returned(
    tiny_tokenizers: dict[str, object],
) -> None:
    documents = [note(number, 8) for number in range(3)]
    section = TextSection(window=32, context=4)
    predictor, _ = knowing(documents, tiny_tokenizers["unigram"], section, auxiliary=["PROTEIN"])
    kept = [[m for m in found if m[2] == "DRUG"] for found in gold(documents)]
    assert mentions(predictor.predict(documents)) == kept
    assert all(kept)


def test_mentions_and_attachments_that_a_document_had_are_replaced(
    tiny_tokenizers: dict[str, object],
) -> None:
    known = note(1, 4)
    given_away = Document(known.id, known.text, (Mention.at(0, 4, "OTHER"),))
    section = TextSection(window=32, context=4)
    predictor, _ = knowing([known], tiny_tokenizers["wordpiece"], section)
    assert mentions(predictor.predict([given_away])) == gold([known])


@pytest.mark.parametrize("kind", KINDS)
def test_a_words_score_is_the_normalised_mean_of_its_pieces(
    tiny_tokenizers: dict[str, object], kind: str
) -> None:
    document = note(0, 6)
    section = TextSection(window=24, context=6)
    predictor, _ = knowing([document], tiny_tokenizers[kind], section)
    (emissions,) = predictor.emissions([document])
    assert emissions.document_id == "note-0"
    assert [document.text[w.start : w.end] for w in emissions.words[:3]] == ["Nota", "0", "."]
    probabilities = np.exp(emissions.scores)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(len(emissions.words)))
    assert probabilities.max(axis=1) == pytest.approx(np.full(len(emissions.words), SURE))


class DisagreeingBackend:
    """Doubts the more the further a piece stands from the window's start."""

    def log_probabilities(
        self, windows: Sequence[npt.NDArray[np.int64]]
    ) -> list[npt.NDArray[np.floating]]:
        return [
            np.log([self.probabilities(column) for column in range(len(window))])
            for window in windows
        ]

    @staticmethod
    def probabilities(column: int) -> tuple[float, float, float]:
        sure = 0.9 * 0.95**column
        return (1 - sure, sure * 0.75, sure * 0.25)


def disagreeing(tokenizer: object, text: TextSection) -> Predictor:
    windower = Windower(PieceTokenizer(prepared(tokenizer)), text)
    return Predictor(DisagreeingBackend(), windower, LabelScheme(("DRUG",)))


def test_pieces_that_disagree_are_averaged_as_logarithms(
    tiny_tokenizers: dict[str, object],
) -> None:
    predictor = disagreeing(tiny_tokenizers["wordpiece"], TextSection())
    (emissions,) = predictor.emissions([Document("d", "de lit")])
    first, *pieces = [DisagreeingBackend.probabilities(column) for column in range(1, 5)]
    products = [(a * b * c) ** (1 / 3) for a, b, c in zip(*pieces, strict=True)]
    expected = [product / sum(products) for product in products]
    assert np.exp(emissions.scores[0]) == pytest.approx(first)
    assert np.exp(emissions.scores[1]) == pytest.approx(expected)


def test_only_the_window_that_owns_a_word_decides_it(tiny_tokenizers: dict[str, object]) -> None:
    text = "de el la con " * 7
    section = TextSection(window=16, context=4)
    (emissions,) = disagreeing(tiny_tokenizers["wordpiece"], section).emissions(
        [Document("d", text)]
    )
    columns = [*range(1, 11), *range(5, 11), *range(5, 11), *range(5, 11)]
    expected = [DisagreeingBackend.probabilities(column) for column in columns]
    assert np.exp(emissions.scores) == pytest.approx(np.array(expected))


def test_a_document_whose_mentions_cannot_be_decided_is_reported_by_its_id(
    tiny_tokenizers: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [note(number, 2) for number in range(4)]
    predictor, _ = knowing(documents, tiny_tokenizers["wordpiece"], TextSection())
    whole = Decoder.decode

    def refuse_second(
        self: Decoder, emissions: Sequence[Emissions], texts: Sequence[str]
    ) -> list[list[Mention]]:
        if "note-2" in [found.document_id for found in emissions]:
            raise InputError("too odd")
        return whole(self, emissions, texts)

    monkeypatch.setattr(Decoder, "decode", refuse_second)
    failed: list[tuple[str, str]] = []
    predictions = list(
        predictor.predict(documents, lambda name, error: failed.append((name, str(error))))
    )
    assert mentions(predictions) == gold([documents[n] for n in (0, 1, 3)])
    assert failed == [("note-2", "note-2: too odd")]
    alone, _ = knowing([documents[2]], tiny_tokenizers["wordpiece"], TextSection())
    with pytest.raises(InputError, match=r"^note-2: too odd$"):
        list(alone.predict([documents[2]]))
