import threading
from collections.abc import Iterator

import pytest

from pharmaner.prediction.pipelining import read_ahead, work_behind


def counting(taken: list[int], stop: int) -> Iterator[int]:
    for number in range(stop):
        taken.append(number)
        yield number


@pytest.mark.parametrize("stop", [0, 1, 2, 50])
def test_all_items_come_in_order(stop: int) -> None:
    assert list(read_ahead(counting([], stop))) == list(range(stop))


def test_items_that_are_false_or_none_are_items() -> None:
    assert list(read_ahead(iter([None, 0, "", None]))) == [None, 0, "", None]


def test_another_thread_makes_the_next_item_while_this_one_is_used() -> None:
    """Item 1 is only finished once item 0 was received: in one thread this would never end."""
    received, threads = threading.Event(), set()

    def items() -> Iterator[int]:
        for number in range(3):
            threads.add(threading.get_ident())
            if number == 1:
                assert received.wait(60)
            yield number

    for _ in read_ahead(items()):
        received.set()
    assert threading.get_ident() not in threads


def test_no_more_than_one_item_is_made_in_advance() -> None:
    taken: list[int] = []
    stream = read_ahead(counting(taken, 50))
    for number in range(20):
        assert next(stream) == number
        assert len(taken) <= number + 2
    stream.close()
    assert len(taken) <= 21


def test_an_error_comes_in_its_place_and_the_thread_ends() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise KeyError("third")

    stream = read_ahead(items())
    assert [next(stream), next(stream)] == [1, 2]
    with pytest.raises(KeyError, match="third"):
        next(stream)
    assert not any("read-ahead" in thread.name for thread in threading.enumerate())


@pytest.mark.parametrize("stop", [0, 1, 2, 50])
def test_what_is_made_of_items_comes_in_order(stop: int) -> None:
    assert list(work_behind(lambda n: n * n, counting([], stop))) == [n * n for n in range(stop)]


def test_another_thread_works_on_an_item_while_the_next_is_made() -> None:
    """Item 0 is only done once item 1 was asked for: in one thread this would never end."""
    asked, threads = threading.Event(), set()

    def items() -> Iterator[int]:
        yield 0
        asked.set()
        yield 1

    def work(number: int) -> int:
        threads.add(threading.get_ident())
        assert asked.wait(60)
        return number

    assert list(work_behind(work, items())) == [0, 1]
    assert threading.get_ident() not in threads


def test_no_more_than_two_items_are_made_before_the_first_result() -> None:
    taken: list[int] = []
    results = work_behind(str, counting(taken, 50))
    for number in range(20):
        assert next(results) == str(number)
        assert len(taken) <= number + 2
    results.close()
    assert len(taken) <= 21


def test_before_an_items_error_come_all_results() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise KeyError("third")

    results = work_behind(str, items())
    assert [next(results), next(results)] == ["1", "2"]
    with pytest.raises(KeyError, match="third"):
        next(results)
    assert not any("work-behind" in thread.name for thread in threading.enumerate())


def test_an_error_of_the_work_comes_in_its_place() -> None:
    results = work_behind(lambda n: 6 // n, [2, 0, 3])
    assert next(results) == 3
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert not any("work-behind" in thread.name for thread in threading.enumerate())


def test_after_an_interrupt_what_was_made_is_not_lost() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise KeyboardInterrupt

    results = work_behind(str, items())
    assert [next(results), next(results)] == ["1", "2"]
    with pytest.raises(KeyboardInterrupt):
        next(results)


def test_what_is_not_begun_when_the_caller_stops_is_not_done() -> None:
    done: list[int] = []
    may_end = threading.Event()

    def work(number: int) -> None:
        if number:
            assert may_end.wait(60)
        done.append(number)

    results = work_behind(work, range(50))
    next(results)
    may_end.set()
    results.close()
    assert done in ([0], [0, 1])
