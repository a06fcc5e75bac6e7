import threading
from collections.abc import Iterator

import pytest

from pharmaner.prediction.read_ahead import read_ahead


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
