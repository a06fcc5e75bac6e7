"""The loss of a linear-chain conditional random field over words; see ``decoding.linear_chain``."""

import numpy as np
import numpy.typing as npt
import torch

from pharmaner.decoding.transitions import legal_transitions
from pharmaner.labels import LabelScheme


class ConditionalRandomField(torch.nn.Module):
    """Learned transitions between the tags of neighbouring words, 0 in the beginning.

    Only legal sequences count. A sequence may begin and end with any tag, for a window may begin
    and end inside a mention.
    """

    legal: torch.Tensor

    def __init__(self, scheme: LabelScheme) -> None:
        super().__init__()
        legal = torch.from_numpy(legal_transitions(scheme))
        self.register_buffer("legal", legal, persistent=False)
        self.transitions = torch.nn.Parameter(torch.zeros(legal.shape))

    def legal_scores(self) -> npt.NDArray[np.float64]:
        """The transitions as ``decoding`` takes them, shape (tags, tags)."""
        scores = self.transitions.detach().double().masked_fill(~self.legal, -torch.inf)
        legal: npt.NDArray[np.float64] = scores.cpu().numpy()
        return legal

    def loss(self, emissions: torch.Tensor, tags: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The negative log-likelihood of tag sequences, summed, in fp32.

        Args:
            emissions: shape (windows, words, tags).
            tags: legal sequences of tag indices, shape (windows, words); anything under padding.
            mask: true for words, false for the padding after them, boolean, (windows, words).
        """
        emissions, transitions = emissions.float(), self.transitions.float()
        return (
            self._log_sum(emissions, transitions, mask)
            - self._score(emissions, transitions, tags, mask)
        ).sum()

    def _score(
        self,
        emissions: torch.Tensor,
        transitions: torch.Tensor,
        tags: torch.Tensor,
        mask: torch.Tensor,
    ) -> torch.Tensor:
        tags = tags.masked_fill(~mask, 0)
        emitted = emissions.gather(2, tags.unsqueeze(2)).squeeze(2)
        followed = transitions[tags[:, :-1], tags[:, 1:]]
        return (emitted * mask).sum(dim=1) + (followed * mask[:, 1:]).sum(dim=1)

    def _log_sum(
        self, emissions: torch.Tensor, transitions: torch.Tensor, mask: torch.Tensor
    ) -> torch.Tensor:
        allowed = transitions.masked_fill(~self.legal, -torch.inf)
        has_word = mask.any(dim=1)
        sums = emissions[:, 0]
        for place in range(1, emissions.shape[1]):
            reached = (sums.unsqueeze(2) + allowed).logsumexp(dim=1) + emissions[:, place]
            sums = torch.where(mask[:, place].unsqueeze(1), reached, sums)
        return sums.logsumexp(dim=1) * has_word
