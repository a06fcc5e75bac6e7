import pytest

from pharmaner.training import loop


@pytest.fixture
def checkpoint_at_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint after every step, as if each took minutes."""
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
