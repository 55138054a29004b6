from pathlib import Path

import pytest

from ops.test import RunResult, summary
from ops.test_modules import findings

pytestmark = pytest.mark.unit


def problems_of(folder: Path, code: str, name: str = "test_x.py") -> list[str]:
    (folder / "tests").mkdir(exist_ok=True)
    (folder / "tests" / name).write_text(code)
    return findings(folder)


def test_a_module_that_cannot_fail_is_named(tmp_path: Path) -> None:
    assert problems_of(tmp_path, "def test_a():\n    print(1)\n") == ["tests/test_x.py: asserts nothing"]


@pytest.mark.parametrize(
    "check", ["assert x", "with pytest.raises(ValueError):\n        x()", "await expect(page).to_be_visible()"]
)
def test_a_module_that_checks_something_is_well(tmp_path: Path, check: str) -> None:
    assert problems_of(tmp_path, f"async def test_a():\n    {check}\n") == []


def test_a_module_that_runs_tests_of_another_is_well(tmp_path: Path) -> None:
    assert problems_of(tmp_path, "from tests.test_y import test_a\n") == []
    assert len(problems_of(tmp_path, "from tests.test_y import helper\nfrom tests import test_y\n")) == 1


@pytest.mark.parametrize("call", ["time.sleep(1)", "await asyncio.sleep(0.1)", "sleep(seconds)"])
def test_a_sleep_is_named_with_its_line(tmp_path: Path, call: str) -> None:
    problems = problems_of(tmp_path, f"async def test_a():\n    {call}\n    assert x\n")
    assert problems == ["tests/test_x.py:2: sleeps: wait for an event, or add it to ops.test_modules"]
    assert problems_of(tmp_path, f"async def help_a():\n    {call}\n", "helper.py")[0].startswith(
        "tests/helper.py:2: sleeps"
    )


def test_polling_and_giving_way_are_no_sleeps(tmp_path: Path) -> None:
    poll = "    while not x:\n        await asyncio.sleep(0.1)\n"
    code = f"async def test_a():\n{poll}    await asyncio.sleep(0)\n    assert x"
    assert problems_of(tmp_path, code) == []
    assert len(problems_of(tmp_path, code.replace("0.1", "5"))) == 1


def test_the_summary_ends_as_pytest_does() -> None:
    results = [
        RunResult("tests/a.py::test_a", "unit", 0.5, ""),
        RunResult("tests/b.py::test_b", "call", 9.0, "it broke"),
    ]
    *above, failed, last = summary(results, [("set-up", 12.0), ("shard data", 100.0)], 112.5)
    assert failed == "FAILED tests/b.py::test_b - it broke"
    assert last == "1 failed, 1 passed in 112.50s"
    lines = "\n".join(above)
    assert lines.index("test_b") < lines.index("test_a")
    assert "set-up             12 s" in lines
    assert "shard data        100 s" in lines
    assert "unit            1       0 s" in lines
    assert list(summary(results[:1], [], 1))[-1] == "1 passed in 1.00s"
