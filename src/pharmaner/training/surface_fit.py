"""Fitting surface features' weights to annotated documents, by L-BFGS over all of them at once.

Where a tagger is trained further, its weights are moved as little as the new documents allow: the
penalty is on how far they move (Chelba & Acero, 2004, adaptation of a maximum entropy model).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import embedding_bag
from torch.nn.utils.rnn import pad_sequence

from pharmaner.document import Document
from pharmaner.labels import LabelScheme
from pharmaner.network.crf import ConditionalRandomField
from pharmaner.surface.features import NO_FEATURE, surface_features
from pharmaner.surface.lexicon import Lexicon, packaged_lexicon
from pharmaner.surface.scorer import SurfaceScorer
from pharmaner.text.alignment import AlignmentReport, align
from pharmaner.text.sentences import split_sentences
from pharmaner.text.windows import sentence_units
from pharmaner.text.words import split_words

PENALTY = 0.1
"""What the squared weights, less the start's, are multiplied by; chosen on dev of PharmaCoNER."""

MOST_PASSES = 80
"""Over all documents; the line search may add a few."""

LEAST_GAIN = 0.01
"""In nats; where the loss falls by less, it is lowest."""

LONGEST_SEQUENCE = 128
"""In words; longer sentences are cut, for the loss goes through a sequence word by word."""

WORDS_IN_BATCH = 32_768

Progress = Callable[[int, int], object]
"""Is told how many of at most how many passes over the documents are done."""


@dataclass(frozen=True, slots=True)
class _Sequence:
    """Words that are scored together: their features' rows, (words, templates), and tags."""

    rows: npt.NDArray[np.int32]
    tags: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Batch:
    """Sequences of about a length; ``rows`` lists the words that ``mask`` is true for."""

    rows: torch.Tensor
    tags: torch.Tensor
    mask: torch.Tensor


def fit_surface(
    documents: Iterable[Document],
    scheme: LabelScheme,
    weight: float,
    progress: Progress | None = None,
    start: SurfaceScorer | None = None,
) -> SurfaceScorer:
    """Learn a scorer; the same documents and start give the same on a machine.

    Args:
        documents: texts with their mentions; those whose label is not in the scheme are read as
            no mention.
        scheme: the tags, of words.
        weight: of the scorer that is returned.
        progress: is told of every pass.
        start: a scorer for the same scheme, which is kept where the documents say nothing else, and
            whose lexicon is used; without it all weights start at 0, over the package's lexicon.
    """
    lexicon = start.lexicon if start else packaged_lexicon()
    sequences = [s for document in documents for s in _sequences(document, scheme, lexicon)]
    is_used = np.zeros(NO_FEATURE + 1, dtype=bool)
    for sequence in sequences:
        is_used[sequence.rows] = True
    used = np.flatnonzero(is_used[:NO_FEATURE])
    compact = np.full(NO_FEATURE + 1, len(used), dtype=np.int32)
    compact[used] = np.arange(len(used), dtype=np.int32)
    crf = ConditionalRandomField(scheme)
    table = np.zeros((NO_FEATURE + 1, len(scheme.tags)), dtype=np.float32)
    if start:
        table[:] = start.table
        crf.transitions.data = torch.from_numpy(start.transitions).float()
    weights = torch.from_numpy(table[[*used, NO_FEATURE]]).requires_grad_()
    batches = [_batch(chosen, compact) for chosen in _by_length(sequences)]
    _minimise(batches, weights, crf, progress)
    table[used] = weights.detach().numpy()[:-1]
    return SurfaceScorer(lexicon, table, crf.transitions.detach().double().numpy(), weight)


def _sequences(document: Document, scheme: LabelScheme, lexicon: Lexicon) -> Iterator[_Sequence]:
    words = split_words(document.text)
    mentions = align(document, words, scheme.types, AlignmentReport())
    tags = np.array(scheme.encode(mentions, len(words)), dtype=np.int64)
    rows = surface_features(document.text, words, lexicon)
    for unit in sentence_units(words, split_sentences(document.text)):
        for first in range(unit.start, unit.stop, LONGEST_SEQUENCE):
            inside = slice(first, min(unit.stop, first + LONGEST_SEQUENCE))
            yield _Sequence(rows[inside], tags[inside])


def _by_length(sequences: Sequence[_Sequence]) -> Iterator[list[_Sequence]]:
    """Batches that hold up to ``WORDS_IN_BATCH`` words, padding included."""
    batch: list[_Sequence] = []
    for sequence in sorted(sequences, key=lambda s: len(s.tags)):
        if batch and (len(batch) + 1) * len(sequence.tags) > WORDS_IN_BATCH:
            yield batch
            batch = []
        batch.append(sequence)
    if batch:
        yield batch


def _batch(sequences: Sequence[_Sequence], compact: npt.NDArray[np.int32]) -> _Batch:
    tags = [torch.from_numpy(s.tags) for s in sequences]
    mask = pad_sequence([torch.ones_like(t, dtype=torch.bool) for t in tags], batch_first=True)
    rows = compact[np.concatenate([s.rows for s in sequences])]
    return _Batch(torch.from_numpy(rows), pad_sequence(tags, batch_first=True), mask)


def _minimise(
    batches: Sequence[_Batch],
    weights: torch.Tensor,
    crf: ConditionalRandomField,
    progress: Progress | None,
) -> None:
    """Move weights and transitions to where the penalised loss is lowest (Liu & Nocedal, 1989)."""
    parameters = [weights, crf.transitions]
    started = [parameter.detach().clone() for parameter in parameters]
    optimizer = torch.optim.LBFGS(
        parameters,
        max_iter=MOST_PASSES,
        max_eval=MOST_PASSES,
        history_size=8,
        tolerance_change=LEAST_GAIN,
        line_search_fn="strong_wolfe",
    )
    passes = count(1)

    def loss() -> float:
        optimizer.zero_grad()
        total = 0.0
        for batch in batches:
            part = _loss(batch, weights, crf)
            part.backward()  # type: ignore[no-untyped-call]
            total += float(part.detach())
        moved = zip(parameters, started, strict=True)
        penalty = PENALTY * torch.stack([((p - s) ** 2).sum() for p, s in moved]).sum()
        penalty.backward()  # type: ignore[no-untyped-call]
        if progress:
            progress(min(next(passes), MOST_PASSES), MOST_PASSES)
        return total + float(penalty.detach())

    optimizer.step(loss)  # type: ignore[no-untyped-call]


def _loss(batch: _Batch, weights: torch.Tensor, crf: ConditionalRandomField) -> torch.Tensor:
    scores = embedding_bag(batch.rows, weights, mode="sum", padding_idx=len(weights) - 1)
    emissions = scores.new_zeros(*batch.mask.shape, weights.shape[1])
    return crf.loss(
        emissions.masked_scatter(batch.mask.unsqueeze(2), scores), batch.tags, batch.mask
    )
