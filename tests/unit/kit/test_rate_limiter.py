import pytest

from quantum_app.kit.rate_limiter import FixedWindowRateLimiter

pytestmark = pytest.mark.unit


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_no_more_than_the_limit_until_the_window_ends() -> None:
    clock = Clock()
    windows = FixedWindowRateLimiter(10, clock)
    assert [windows.hit("a", 2, 60) for _ in range(2)] == [0, 0]
    clock.now += 20
    assert windows.hit("a", 2, 60) == 40
    assert windows.hit("b", 2, 60) == 0
    clock.now += 40
    assert [windows.hit("a", 2, 60) for _ in range(3)] == [0, 0, 60]


def test_memory_is_bounded_and_what_is_asked_for_stays() -> None:
    windows = FixedWindowRateLimiter(100)
    windows.hit("used", 1, 60)
    for number in range(1000):
        windows.hit(f"{number}", 1, 60)
        assert windows.hit("used", 1, 60) > 0
    assert len(windows) == 100


def test_what_is_forgotten_begins_anew() -> None:
    windows = FixedWindowRateLimiter(10)
    for key in ("a", "a:1", "b"):
        windows.hit(key, 1, 60)
    windows.forget("a")
    assert [windows.hit(key, 1, 60) > 0 for key in ("a", "a:1", "b")] == [False, False, True]
