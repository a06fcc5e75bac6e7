"""The torch side of prediction."""

import numpy as np
import numpy.typing as npt
import torch


class TorchBackend:
    """Scores batches with a torch network, in fp32 on the device where its weights are."""

    def __init__(self, network: torch.nn.Module) -> None:
        self.network = network

    def log_probabilities(
        self, input_ids: npt.NDArray[np.int64], attention_mask: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.floating]:
        """See ``pharmaner.prediction.predictor.Backend``."""
        device = next(self.network.parameters()).device
        was_training = self.network.training
        self.network.eval()
        with torch.inference_mode():
            logits = self.network(
                input_ids=torch.from_numpy(input_ids).to(device),
                attention_mask=torch.from_numpy(attention_mask).to(device),
            ).logits
            scores: npt.NDArray[np.floating] = logits.float().log_softmax(dim=-1).cpu().numpy()
        self.network.train(was_training)
        return scores
