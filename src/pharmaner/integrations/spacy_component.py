"""A spaCy component: ``nlp.add_pipe("pharmaner", config={"model": "MODEL_FOLDER"})``.

spaCy finds it by itself, through the entry point ``spacy_factories``, once pharmaner is installed.

All mentions are in ``doc.spans["pharmaner"]``, with their scores in its ``attrs["scores"]``. A
mention that begins or ends inside a token is widened to whole tokens. ``doc.ents`` cannot overlap:
of mentions that share a token it has the longest in tokens, the first among equals, and entities of
earlier components stay where no mention shares a token with them. Each case is counted: by document
in ``doc.user_data["pharmaner"]``, in all in the component's ``counts``.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from spacy.language import Language
from spacy.tokens import Doc, SpanGroup
from spacy.util import filter_spans, minibatch

from pharmaner.document import Document
from pharmaner.tagger import Tagger

NAME = "pharmaner"
"""The component's factory, its span group, and its key in ``doc.user_data``."""

MENTIONS, WIDENED, NOT_AN_ENTITY, REPLACED = "mentions", "widened", "not_an_entity", "replaced"
"""The counts: mentions found, widened to tokens, left out of ``doc.ents`` for an overlap with a
longer one, and entities of earlier components that gave way."""


class SpacyTagger:
    """Sets ``doc.spans`` and ``doc.ents`` from a trained model."""

    def __init__(self, tagger: Tagger) -> None:
        self.tagger = tagger
        self.counts: Counter[str] = Counter()

    def __call__(self, doc: Doc) -> Doc:
        """Annotate one document."""
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Annotate documents in order, so many at a time."""
        for docs in minibatch(stream, batch_size):  # type: ignore[no-untyped-call]
            texts = [Document(str(place), doc.text) for place, doc in enumerate(docs)]
            predictions = self.tagger.predict_documents(texts)
            for doc, prediction in zip(docs, predictions, strict=True):
                self.counts += set_mentions(doc, prediction.document)
                yield doc


def set_mentions(doc: Doc, document: Document) -> Counter[str]:
    """Put a document's mentions, which begin and end visibly, into a ``Doc`` of the same text.

    Returns:
        The counts of this document, which are also in its ``user_data``.

    Raises:
        ValueError: when a mention lies in no token, as one of white space alone.
    """
    spans, scores, counts = [], [], Counter({MENTIONS: len(document.mentions), WIDENED: 0})
    for mention in document.mentions:
        span = doc.char_span(mention.start, mention.end, mention.label, alignment_mode="expand")
        if span is None:
            raise ValueError(f"{mention} lies in no token of {doc.text[:60]!r}")
        counts[WIDENED] += (span.start_char, span.end_char) != (mention.start, mention.end)
        spans.append(span)
        scores.append(mention.score)
    doc.spans[NAME] = SpanGroup(doc, name=NAME, attrs={"scores": scores}, spans=spans)
    entities = filter_spans(spans)
    counts[NOT_AN_ENTITY] = len(spans) - len(entities)
    taken = {token.i for entity in entities for token in entity}
    earlier = [entity for entity in doc.ents if taken.isdisjoint(token.i for token in entity)]
    counts[REPLACED] = len(doc.ents) - len(earlier)
    doc.set_ents([*earlier, *entities])
    doc.user_data[NAME] = dict(counts)
    return counts


@Language.factory(NAME, assigns=["doc.ents", "doc.spans"])
def create_component(nlp: Language, name: str, model: str | None = None) -> SpacyTagger:
    """Make the component from a model folder, or from the tagger in the package.

    Raises:
        ModelFolderError: as ``Tagger.load``.
    """
    return SpacyTagger(Tagger.load(model))
