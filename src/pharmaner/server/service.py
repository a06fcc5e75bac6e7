"""``Service``: what the routes answer from."""

from collections.abc import Callable
from dataclasses import dataclass

from pharmaner.model_folder import ModelFolder
from pharmaner.server.batching import Batcher
from pharmaner.server.metrics import Metrics
from pharmaner.server.settings import Settings


@dataclass(frozen=True, slots=True)
class Service:
    """A model behind a queue.

    ``on_failure`` is called when the model could not be loaded; ``is_stopping`` says whether the
    server is about to end. ``card`` is the model's.
    """

    model: ModelFolder
    card: str
    settings: Settings
    batcher: Batcher
    metrics: Metrics
    on_failure: Callable[[], object]
    is_stopping: Callable[[], bool]
