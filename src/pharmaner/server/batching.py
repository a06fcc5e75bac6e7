"""One thread owns the tagger and predicts whatever waits, of all clients, in one call."""

import asyncio
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pharmaner.document import Document
from pharmaner.prediction.predictor import Prediction
from pharmaner.server.logs import log_failure, logger
from pharmaner.server.metrics import Metrics
from pharmaner.server.refusal import RefusedError
from pharmaner.server.settings import Limits

LONGEST_RETRY = 60
"""The most seconds that a client is asked to wait before it tries again."""

LEAST_CHARACTERS = 50
"""What a text counts as, at least: a short one costs its window."""

MEMORY = 0.8
"""How much of what the batches before took counts when the next's time is expected."""


class TaggerLike(Protocol):
    """What the thread calls; ``pharmaner.tagger.Tagger`` is one."""

    def predict_documents(self, documents: Iterable[Document], /) -> Iterable[Prediction]:
        """Predict documents, in order."""
        ...


@dataclass(slots=True, eq=False)
class _Job:
    """A request's documents; ``begun`` were handed to the tagger, ``left`` characters were not."""

    documents: Sequence[Document]
    answer: asyncio.Future[list[Prediction]]
    left: int
    begun: int = 0
    predictions: list[Prediction] = field(default_factory=list)

    def take(self, prediction: Prediction | None) -> None:
        """Accept the next document's prediction, None when it failed; the last one answers."""
        if self.answer.done():
            return
        if prediction is None:
            self.answer.set_exception(RefusedError(500, "the prediction failed"))
            return
        self.predictions.append(prediction)
        if len(self.predictions) == len(self.documents):
            self.answer.set_result(self.predictions)


_Item = tuple[_Job, Document]


class Batcher:
    """Predicts for many clients at once, a bounded amount of work accepted.

    Batches form while the previous one is predicted: no request is held back to wait for others.
    A request's documents go one by one in turn with those of the others, so that a large request
    does not hold up the small ones.

    Args:
        load: gives the tagger; called once, in the thread.
        limits: the queue's and the batches' sizes.
        metrics: where sizes and times are counted.
    """

    def __init__(self, load: Callable[[], TaggerLike], limits: Limits, metrics: Metrics) -> None:
        self.error: Exception | None = None
        self._load = load
        self._limits = limits
        self._metrics = metrics
        self._changed = threading.Condition()
        self._waiting: deque[_Job] = deque()
        self._requests = 0
        self._characters = 0
        self._in_hand = 0
        self._recent_seconds = 0.0
        self._recent_characters = 0.0
        self._is_ready = False
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="tagger", daemon=True)

    @property
    def is_ready(self) -> bool:
        """Whether the tagger is loaded and requests are accepted."""
        return self._is_ready and not self._is_stopping

    def start(self, on_failure: Callable[[], object]) -> None:
        """Start the thread; ``on_failure`` is called in the loop when ``error`` has ended it."""
        self._loop = asyncio.get_running_loop()
        self._on_failure = on_failure
        self._thread.start()

    async def stop(self) -> None:
        """Accept nothing more, finish what was accepted, end the thread."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()
        await asyncio.to_thread(self._thread.join)

    async def predict(self, documents: Sequence[Document]) -> list[Prediction]:
        """The predictions of one request's documents, in order.

        When the caller is cancelled, what has not been predicted by then never is.

        Raises:
            RefusedError: 503 while the tagger is not loaded, when the queue is full, and when too
                much is before this to answer it in time; 500 when the prediction failed.
        """
        if not documents:
            return []
        characters = sum(map(_counted, documents))
        job = _Job(documents, self._loop.create_future(), left=characters)
        self._refuse_excess(characters)
        self._count(1, characters)
        with self._changed:
            self._waiting.append(job)
            self._changed.notify()
        try:
            return await job.answer
        finally:
            self._count(-1, -characters)
            with self._changed:
                if job in self._waiting:
                    self._waiting.remove(job)

    def _refuse_excess(self, characters: int) -> None:
        if not self.is_ready:
            raise RefusedError(503, "the model is not ready", {"retry-after": "2"})
        room = self._limits.queue_characters - self._characters
        is_long = self._characters > 0 and characters > room
        if self._requests >= self._limits.queue_requests or is_long or self._is_late(characters):
            expected = math.ceil(self._seconds(self._characters))
            seconds = min(max(expected, 1), LONGEST_RETRY)
            raise RefusedError(503, "the queue is full", {"retry-after": str(seconds)})

    def _is_late(self, characters: int) -> bool:
        """Whether a request so long would be answered too late for what is before it.

        Of a longer request that is before it, only as much is as it has itself: they take turns.
        """
        with self._changed:
            before = self._in_hand + sum(min(job.left, characters) for job in self._waiting)
        return before > 0 and self._seconds(before + characters) > self._limits.answer_seconds

    def _seconds(self, characters: int) -> float:
        """How long so many characters take, by what large batches took lately; 0 before one."""
        return characters * self._recent_seconds / max(self._recent_characters, 1)

    def _count(self, requests: int, characters: int) -> None:
        self._requests += requests
        self._characters += characters
        self._metrics.queue_requests.set(self._requests)
        self._metrics.queue_characters.set(self._characters)

    def _run(self) -> None:
        try:
            tagger = self._load()
            self._is_ready = True
            logger.info("ready")
            while batch := self._collect():
                self._deliver(batch, self._predicted(tagger, batch))
        except Exception as error:  # the thread's end is the server's; its caller raises it
            self.error = error
            self._is_ready = False
            self._loop.call_soon_threadsafe(self._on_failure)

    def _collect(self) -> list[_Item]:
        """Wait for work and take a batch of it; nothing when all is done and no more will come."""
        with self._changed:
            self._in_hand = 0
            self._changed.wait_for(lambda: self._waiting or self._is_stopping)
            batch: list[_Item] = []
            while self._waiting:
                job = self._waiting[0]
                document = job.documents[job.begun]
                characters = _counted(document)
                if batch and self._in_hand + characters > self._limits.batch_characters:
                    break
                batch.append((job, document))
                self._in_hand += characters
                job.begun += 1
                job.left -= characters
                self._waiting.popleft()
                if job.begun < len(job.documents):
                    self._waiting.append(job)
            return batch

    def _predicted(self, tagger: TaggerLike, batch: list[_Item]) -> list[Prediction | None]:
        """The batch's predictions; after a failure each document alone, None where it fails."""
        begin = time.perf_counter()
        try:
            predictions = list(tagger.predict_documents([document for _, document in batch]))
        except Exception as error:
            log_failure("prediction failed", error)
            if len(batch) == 1:
                return [None]
            return [self._predicted(tagger, [item])[0] for item in batch]
        self._observe(batch, time.perf_counter() - begin)
        return [*predictions]

    def _observe(self, batch: list[_Item], seconds: float) -> None:
        requests = len({id(job) for job, _ in batch})
        counted = sum(_counted(document) for _, document in batch)
        if 2 * counted >= self._limits.batch_characters:  # a small one takes longer a character
            self._recent_seconds = MEMORY * self._recent_seconds + seconds
            self._recent_characters = MEMORY * self._recent_characters + counted
        characters = sum(len(document.text) for _, document in batch)
        self._metrics.batch_requests.observe(requests)
        self._metrics.batch_seconds.observe(seconds)
        self._metrics.documents.inc(len(batch))
        self._metrics.characters.inc(characters)
        message = "batch requests=%d documents=%d characters=%d seconds=%.3f"
        logger.debug(message, requests, len(batch), characters, seconds)

    def _deliver(self, batch: list[_Item], predictions: list[Prediction | None]) -> None:
        for (job, _), prediction in zip(batch, predictions, strict=True):
            self._loop.call_soon_threadsafe(job.take, prediction)


def _counted(document: Document) -> int:
    return max(len(document.text), LEAST_CHARACTERS)
