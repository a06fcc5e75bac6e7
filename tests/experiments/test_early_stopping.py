from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from pharmaner.experiments.early_stopping import WHOLE, best_by_step

scores = st.lists(st.floats(0, 1), min_size=1, max_size=40)


@given(scores)
def test_a_finished_training_has_every_step_from_its_first_epoch_on(f1s: list[float]) -> None:
    epochs = len(f1s)
    best = best_by_step(f1s, epochs)
    assert best[WHOLE] == max(f1s)
    steps = sorted(best)
    assert steps == list(range(steps[0], WHOLE + 1, WHOLE // 8))
    assert steps[0] == max(1, 8 // epochs) * WHOLE // 8
    until = list(accumulate(f1s, max))
    for step, f1 in best.items():
        behind = max([0.0, *(b for e, b in enumerate(until, 1) if e / epochs <= step / WHOLE)])
        within = [b for e, b in enumerate(until, 1) if e / epochs < step / WHOLE + 1 / 8]
        assert behind <= f1 <= within[-1]


@given(scores, st.integers(0, 20))
def test_what_was_said_of_a_training_under_way_stays(f1s: list[float], more: int) -> None:
    epochs = len(f1s) + more
    said: dict[int, float] = {}
    for ended in range(len(f1s) + 1):
        now = best_by_step(f1s[:ended], epochs)
        assert said.items() <= now.items()
        said = now
