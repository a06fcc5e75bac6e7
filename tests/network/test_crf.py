"""The torch loss against numpy's sums, and against pytorch-crf."""

import itertools

import numpy as np
import pytest
import torch
from torchcrf import CRF

from pharmaner.decoding.transitions import legal_transitions
from pharmaner.labels import LabelScheme, Tagging
from pharmaner.network.crf import ConditionalRandomField
from pharmaner.training.chain_loss import chain_loss
from pharmaner.training.examples import NOT_LEARNED, Example

SCHEME = LabelScheme(("DRUG",), Tagging.BIOES)
TAGS = torch.tensor([[0, 1, 2, 3, 4, 0], [4, 1, 3, 0, 0, 0], [3, 0, 0, 0, 0, 0]])
MASK = torch.tensor([[True] * 6, [True] * 4 + [False] * 2, [True] + [False] * 5])


def a_field(seed: int) -> ConditionalRandomField:
    field = ConditionalRandomField(SCHEME)
    torch.manual_seed(seed)
    torch.nn.init.normal_(field.transitions)
    return field


def test_the_loss_is_that_of_all_sequences() -> None:
    field = a_field(0)
    legal = legal_transitions(SCHEME)
    emissions = torch.randn(3, 6, 5)
    expected = 0.0
    for row, tags, mask in zip(emissions, TAGS, MASK, strict=True):
        length = int(mask.sum())
        weights = {}
        for sequence in itertools.product(range(5), repeat=length):
            pairs = list(itertools.pairwise(sequence))
            if all(legal[pair] for pair in pairs):
                score = sum(float(row[place, tag]) for place, tag in enumerate(sequence))
                score += sum(float(field.transitions[pair].detach()) for pair in pairs)
                weights[sequence] = np.exp(score)
        expected -= np.log(weights[tuple(tags[:length].tolist())] / sum(weights.values()))
    assert field.loss(emissions, TAGS, MASK).item() == pytest.approx(expected, rel=1e-5)


def test_the_loss_and_its_gradients_are_those_of_pytorch_crf() -> None:
    field = a_field(1)
    theirs = CRF(5, batch_first=True)
    with torch.no_grad():
        theirs.start_transitions.zero_()
        theirs.end_transitions.zero_()
        theirs.transitions.copy_(field.transitions.masked_fill(~field.legal, -1e9))
    ours = torch.randn(3, 6, 5, requires_grad=True)
    other = ours.detach().clone().requires_grad_()
    loss = field.loss(ours, TAGS, MASK)
    reference = -theirs(other, TAGS, mask=MASK, reduction="sum")
    loss.backward()
    reference.backward()
    assert loss.item() == pytest.approx(reference.item(), rel=1e-5)
    torch.testing.assert_close(ours.grad, other.grad, rtol=1e-4, atol=1e-5)
    gradient = theirs.transitions.grad.masked_fill(~field.legal, 0)
    torch.testing.assert_close(field.transitions.grad, gradient, rtol=1e-4, atol=1e-5)


def test_a_windows_loss_is_that_of_its_owned_words_mean_pieces() -> None:
    field = a_field(2)
    none = NOT_LEARNED
    labels = [
        [none, none, 0, 4, 4, 4, 0, none, none],
        [none, 1, 1, 3, none, none, none, none, none],
    ]
    word_index = [[-1, 6, 7, 9, 9, 9, 10, 11, -1], [-1, 0, 0, 1, -1, -1, -1, -1, -1]]
    examples = [
        Example(np.zeros(9, np.int64), np.array(tags), np.array(index))
        for tags, index in zip(labels, word_index, strict=True)
    ]
    logits = torch.randn(2, 9, 5)
    first = [logits[0, 2], logits[0, 3:6].mean(dim=0), logits[0, 6]]
    second = [logits[1, 1:3].mean(dim=0), logits[1, 3]]
    expected = sum(
        field.loss(
            torch.stack(rows).unsqueeze(0),
            torch.tensor([tags]),
            torch.ones(1, len(tags), dtype=torch.bool),
        )
        for rows, tags in ((first, [0, 4, 0]), (second, [1, 3]))
    )
    loss = chain_loss(field, logits, examples)
    torch.testing.assert_close(loss, expected)
    # log-probabilities, as prediction reads them, give the same loss
    torch.testing.assert_close(chain_loss(field, logits.log_softmax(dim=-1), examples), loss)
