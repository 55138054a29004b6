"""The bench's calls: one held and measured through the whole product, and what is said in all of them."""

import asyncio

import pytest

from ops.bench.corpus import Item, corpus
from ops.bench.run import Bench
from ops.bench.script import CALLS, ScriptStep, calls
from ops.bench.talk import InterruptionObservation, Observation, TurnObservation, hold
from quantum_app.db.session import dispose
from tests.stack import Stack

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return corpus()


async def test_a_call_is_held_and_measured(stack: Stack, items: list[Item]) -> None:
    await asyncio.to_thread(stack.need)
    plain = next(item for item in items if item.text == "How much is a studio per month?")
    opener = next(item for item in items if item.kind == "opener")
    words = next(item for item in items if item.kind == "barge_in")
    try:
        bench = await Bench.open()
        await bench.warm_up()
        async with await bench.caller() as caller:
            observations: list[Observation] = []
            await hold(caller, [ScriptStep(plain), ScriptStep(words, opener, 1.0)], 1, observations)
        stages, overheads = await bench.stages()
    finally:
        await dispose()
    turn, interruption = observations
    assert isinstance(turn, TurnObservation)
    assert turn.answered
    assert not turn.cut_off
    assert turn.latency is not None
    assert 0.1 < turn.latency < 10
    assert "studio" in turn.transcript.lower()
    assert isinstance(interruption, InterruptionObservation)
    assert interruption.item is words
    assert overheads
    assert {"end_of_turn", "total"} <= stages.keys()


def test_every_hesitating_speaker_pauses_inside_the_sentence(items: list[Item]) -> None:
    hesitating = [item for item in items if item.kind == "hesitating"]
    assert len(hesitating) >= 60
    assert len({item.speaker for item in hesitating}) >= 6
    assert {item.build for item in hesitating} == {"trailing", "holding", "cut", "pieces", "human"}
    assert len({(item.noise_kind, round(item.noise_level)) for item in hesitating}) >= 10
    for item in hesitating:
        assert item.pauses, item
        for start, end in item.pauses:
            assert item.first < start < end < item.last, item
            assert 0.25 <= (end - start) / 24_000 <= 0.82, item
        assert any((end - start) / 24_000 >= 0.29 for start, end in item.pauses), item


def test_every_item_is_said_once_in_thirty_calls(items: list[Item]) -> None:
    script = calls(items, parts={"latency", "wer", "cutoff", "bargein"}, quick=False)
    assert len(script) == CALLS
    steps = [step for call in script for step in call]
    item_ids = [step.item.id for step in steps if step.opener is None]
    assert sorted(item_ids) == sorted(item.id for item in items if item.kind in {"plain", "hesitating"})
    assert sum(item.kind == "plain" for item in items) >= 60
    assert script == calls(items, parts={"latency", "wer", "cutoff", "bargein"}, quick=False)
