"""Many kills at random moments, and a Postgres that is away for long: no acknowledged turn is lost or there twice."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from quantum_app.db.session import dispose
from tests.worker.crashes import CrashLoop, outage
from tests.worker.postgres import Postgres, own_postgres

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with own_postgres() as server:
        yield server


@pytest.fixture(autouse=True)
async def disposed() -> AsyncIterator[None]:
    yield
    await dispose()


async def test_kill_9_at_random_moments(postgres: Postgres, tmp_path: Path) -> None:
    report = await CrashLoop(postgres.environment, tmp_path, seed=9).run(40)
    assert report.kills == 40
    assert report.good, report
    assert report.acknowledged > 0


@pytest.mark.parametrize("frozen", [False, True], ids=["stopped", "hanging"])
async def test_postgres_away_in_the_middle_of_a_call(postgres: Postgres, tmp_path: Path, frozen: bool) -> None:
    report = await outage(postgres, tmp_path, 12.0, frozen=frozen)
    assert report.good, report
    assert report.stored_turns == report.acknowledged > 50
