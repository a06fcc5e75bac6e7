"""The queue and its thread, with a tagger that is held at will."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator

import pytest

from pharmaner.document import Document
from pharmaner.prediction.predictor import Prediction
from pharmaner.server.batching import Batcher
from pharmaner.server.metrics import Metrics
from pharmaner.server.refusal import RefusedError
from pharmaner.server.settings import Limits
from tests.server.conftest import MARK


class HeldTagger:
    """Records what each call was given; all go on when ``gate`` is open, one by ``only_one``."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.gate = threading.Event()
        self.only_one = threading.Event()
        self.entered = threading.Event()

    def predict_documents(self, documents: Iterable[Document], /) -> Iterator[Prediction]:
        given = list(documents)
        self.calls.append([document.id for document in given])
        self.entered.set()
        while not self.gate.wait(0.001) and not self.only_one.is_set():
            pass
        self.only_one.clear()
        if any("poison" in document.id for document in given):
            raise RuntimeError(given[0].text)
        return iter([Prediction(document, len(document.text)) for document in given])


def texts(*names: str, characters: int = 10) -> list[Document]:
    return [Document(name, "x" * characters) for name in names]


async def submitted(batcher: Batcher, documents: list[Document]) -> asyncio.Task[list[Prediction]]:
    task = asyncio.create_task(batcher.predict(documents))
    await asyncio.sleep(0)
    return task


async def passed(tagger: HeldTagger) -> None:
    """Let the call that is held go on, and wait until the next one is held."""
    tagger.entered.clear()
    tagger.only_one.set()
    await asyncio.to_thread(tagger.entered.wait)


Scenario = Callable[[Batcher, HeldTagger], Awaitable[None]]


def run(scenario: Scenario, **limits: int) -> HeldTagger:
    """Run a scenario while the tagger is held with a first request, ``held``; then stop."""
    tagger = HeldTagger()

    async def main() -> None:
        batcher = Batcher(lambda: tagger, Limits(**limits), Metrics())
        batcher.start(lambda: None)
        while not batcher.is_ready:
            await asyncio.sleep(0.001)
        held = await submitted(batcher, texts("held"))
        await asyncio.to_thread(tagger.entered.wait)
        await scenario(batcher, tagger)
        tagger.gate.set()
        await batcher.stop()
        assert [p.document.id for p in await held] == ["held"]

    asyncio.run(main())
    return tagger


def test_what_waits_is_predicted_in_one_call_and_returned_to_its_owner() -> None:
    async def scenario(batcher: Batcher, tagger: HeldTagger) -> None:
        tasks = [await submitted(batcher, texts(f"{n}-a", f"{n}-b")) for n in range(5)]
        tagger.gate.set()
        for number, task in enumerate(tasks):
            assert [p.document.id for p in await task] == [f"{number}-a", f"{number}-b"]

    calls = run(scenario).calls
    assert calls[0] == ["held"]
    assert sorted(calls[1]) == sorted(f"{n}-{part}" for n in range(5) for part in "ab")
    assert len(calls) == 2


def test_a_large_request_does_not_hold_up_a_small_one() -> None:
    async def scenario(batcher: Batcher, tagger: HeldTagger) -> None:
        large = await submitted(batcher, texts(*(f"large-{n}" for n in range(9))))
        small = await submitted(batcher, texts("small"))
        tagger.gate.set()
        assert len(await small) == 1
        assert [p.document.id for p in await large] == [f"large-{n}" for n in range(9)]

    calls = run(scenario, batch_characters=150).calls
    assert "small" in calls[1]
    assert all(len(call) <= 3 for call in calls)
    assert sum(map(len, calls)) == 11


def test_a_document_above_the_budget_goes_alone() -> None:
    async def scenario(batcher: Batcher, tagger: HeldTagger) -> None:
        await submitted(batcher, texts("small"))
        await submitted(batcher, texts("huge", characters=1000))
        await submitted(batcher, texts("last"))

    assert run(scenario, batch_characters=30).calls == [["held"], ["small"], ["huge"], ["last"]]


def test_what_nobody_waits_for_is_never_predicted() -> None:
    async def scenario(batcher: Batcher, tagger: HeldTagger) -> None:
        given_up = await submitted(batcher, texts("given up"))
        kept = await submitted(batcher, texts("kept"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(batcher.predict(texts("too late")), timeout=0.01)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        tagger.gate.set()
        assert [p.document.id for p in await kept] == ["kept"]

    assert run(scenario).calls == [["held"], ["kept"]]


def test_a_document_that_fails_fails_alone_and_is_not_quoted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario(batcher: Batcher, tagger: HeldTagger) -> None:
        good = await submitted(batcher, texts("good"))
        bad = await submitted(batcher, [Document("poison", MARK), *texts("beside")])
        tagger.gate.set()
        assert [p.document.id for p in await good] == ["good"]
        with pytest.raises(RefusedError) as caught:
            await bad
        assert (caught.value.status, caught.value.message) == (500, "the prediction failed")
        assert [p.document.id for p in await batcher.predict(texts("after"))] == ["after"]

    run(scenario)
    assert "RuntimeError" in caplog.text
    assert MARK not in caplog.text


def test_a_full_queue_refuses_and_says_when_to_come_back() -> None:
    async def scenario(batcher: Batcher, tagger: HeldTagger) -> None:
        waiting = await submitted(batcher, texts("second"))
        with pytest.raises(RefusedError) as caught:
            await batcher.predict(texts("third"))
        assert caught.value.status == 503
        assert 1 <= int(caught.value.headers["retry-after"]) <= 60
        tagger.gate.set()
        await waiting
        while len(tagger.calls) < 2:
            await asyncio.sleep(0.001)
        assert len(await batcher.predict(texts("fourth"))) == 1

    assert run(scenario, queue_requests=2).calls == [["held"], ["second"], ["fourth"]]


def test_the_queue_is_bounded_in_characters_too() -> None:
    async def scenario(batcher: Batcher, tagger: HeldTagger) -> None:
        fits = await submitted(batcher, texts("fits", characters=80))
        with pytest.raises(RefusedError):
            await batcher.predict(texts("does not", characters=1))
        tagger.gate.set()
        assert len(await fits) == 1

    run(scenario, queue_characters=150)


def test_a_request_that_would_be_answered_too_late_is_refused_at_once() -> None:
    async def scenario(batcher: Batcher, tagger: HeldTagger) -> None:
        await asyncio.sleep(0.5)  # so the first batch takes 10 ms a character, or more
        large = await submitted(batcher, texts(*(f"large-{n}" for n in range(40))))
        await passed(tagger)
        with pytest.raises(RefusedError) as caught:
            await batcher.predict(texts("late", characters=2000))
        assert caught.value.status == 503
        short = await submitted(batcher, texts("short"))
        tagger.gate.set()
        assert len(await short) == 1
        assert len(await large) == 40

    run(scenario, batch_characters=50, answer_seconds=10)


def test_a_request_above_the_bound_is_served_when_nothing_else_waits() -> None:
    async def main() -> None:
        tagger = HeldTagger()
        tagger.gate.set()
        batcher = Batcher(lambda: tagger, Limits(queue_characters=5), Metrics())
        batcher.start(lambda: None)
        while not batcher.is_ready:
            await asyncio.sleep(0.001)
        assert len(await batcher.predict(texts("large"))) == 1
        await batcher.stop()

    asyncio.run(main())


def test_small_batches_say_nothing_of_how_long_a_large_request_takes() -> None:
    async def scenario(batcher: Batcher, tagger: HeldTagger) -> None:
        await asyncio.sleep(0.2)
        await submitted(batcher, texts("small"))
        await passed(tagger)
        large = await submitted(batcher, texts("large", characters=100_000))
        tagger.gate.set()
        assert len(await large) == 1

    run(scenario, batch_characters=1_000, answer_seconds=10)


def test_stopping_finishes_what_was_accepted_and_accepts_no_more() -> None:
    async def scenario(batcher: Batcher, tagger: HeldTagger) -> None:
        accepted = [await submitted(batcher, texts(f"{n}")) for n in range(3)]
        stopping = asyncio.create_task(batcher.stop())
        await asyncio.sleep(0)
        with pytest.raises(RefusedError):
            await batcher.predict(texts("late"))
        tagger.gate.set()
        await stopping
        assert [(await task)[0].document.id for task in accepted] == ["0", "1", "2"]

    run(scenario)


def test_a_tagger_that_cannot_be_loaded_is_reported() -> None:
    failure = RuntimeError("no such model")

    def load() -> HeldTagger:
        raise failure

    async def main() -> None:
        reported = asyncio.Event()
        batcher = Batcher(load, Limits(), Metrics())
        batcher.start(reported.set)
        await reported.wait()
        assert batcher.error is failure
        with pytest.raises(RefusedError):
            await batcher.predict(texts("any"))
        await batcher.stop()

    asyncio.run(main())
