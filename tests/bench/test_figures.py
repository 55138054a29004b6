from dataclasses import replace

import pytest

from ops.bench.corpus import Item
from ops.bench.figures import Figure, of_interruptions, of_turns, quantile, table
from ops.bench.talk import InterruptionObservation, TurnObservation

pytestmark = pytest.mark.unit

ITEM = Item("plain-000", "plain", "one two three", "low", "whole", "pink", -66.0, 0, 100, (), "nowhere.wav")
TURN = TurnObservation("call_x", ITEM, "one two three", 0.5, False, True, 0.001)
PAUSING = replace(ITEM, kind="hesitating", build="cut")


def figure_named(figures: list[Figure], name: str) -> Figure:
    return next(figure for figure in figures if figure.name == name)


def test_a_figure_without_a_value_is_not_reached() -> None:
    assert Figure("x", None, "ms", 0, 600).reached is False
    assert Figure("x", None, "ms", 0).reached is None
    assert Figure("x", 600.0, "ms", 1, 600).reached is True
    assert Figure("x", 94.0, "%", 1, 95, least=True).reached is False


def test_quantiles_are_linear_between_neighbours() -> None:
    assert quantile([], 0.5) is None
    assert quantile([1.0, 2.0], 0.5) == 1.5
    assert quantile([3.0, 1.0, 2.0], 1.0) == 3.0


def test_a_turn_that_was_cut_off_has_no_latency_and_counts_as_cut_off() -> None:
    cut = replace(TURN, item=PAUSING, latency=None, cut_off=True)
    figures = of_turns([TURN, replace(TURN, item=PAUSING), cut], {"cutoff", "wer"})
    assert figure_named(figures, "cut off, hesitating speakers").value == 50.0
    assert figure_named(figures, "cut off, hesitating speakers").reached is False
    assert figure_named(figures, "last audible sample → first of the assistant, p50").count == 2
    assert figure_named(figures, "word error, mixed sentences").value == 0.0


def test_an_assistant_that_never_falls_silent_is_a_failure_not_a_missing_value() -> None:
    words = replace(ITEM, kind="barge_in")
    observations = [
        InterruptionObservation("call_x", words, 1.0, True, 0.2, None),
        InterruptionObservation("call_x", words, 4.0, True, None, None),
        InterruptionObservation("call_x", words, 4.0, False, 0.0, None),
    ]
    figures = of_interruptions(observations)
    assert figure_named(figures, "barge-ins that did not silence it").value == 1.0
    assert figure_named(figures, "barge-in: caller's onset → assistant silent, p95").count == 1


def test_sounds_of_listening_may_pause_the_assistant_but_not_stop_it() -> None:
    sound = replace(ITEM, kind="back_channel")
    observations = [
        InterruptionObservation("call_x", sound, 1.0, True, None, 0.0),
        InterruptionObservation("call_x", sound, 1.0, True, 0.2, 0.5),
        InterruptionObservation("call_x", sound, 1.0, True, None, 0.9),
        InterruptionObservation("call_x", sound, 1.0, True, 0.3, None),
    ]
    assert figure_named(of_interruptions(observations), "sounds of listening: it goes on in 0.7 s").value == 50.0


def test_the_table_says_what_was_not_reached() -> None:
    text = table([Figure("a", 700.0, "ms", 3, 600), Figure("b", None, "%", 0, 5), Figure("c", 1.25, "MiB", 1)])
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()[2:]]
    assert rows == [
        ["a", "700 ms", "≤ 600 ms", "**no**", "3"],
        ["b", "not measured", "≤ 5 %", "**no**", "0"],
        ["c", "1.2 MiB", "", "", "1"],
    ]
