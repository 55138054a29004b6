"""One scripted call, held and measured from outside: only what was sent and what was heard counts."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from ops.bench.corpus import Item
from ops.bench.script import ScriptStep
from ops.caller import SyntheticCaller, Utterance

REPLY_PATIENCE = 10.0
TURN_PATIENCE = 45.0
# An interruption has silenced the assistant when nothing is heard for so long: longer than the gaps between words.
SILENCED = 0.4
# A pause after a sound of listening, and how soon the assistant must go on.
PAUSED, RESUME = 0.12, 0.7


@dataclass(frozen=True, slots=True)
class TurnObservation:
    """A turn as the caller lived it. Seconds. latency: last audible sample → first of the assistant, None where no
    answer came or it came too early; cut_off: the assistant was audible before the sentence ended; lateness: of the
    caller's own latest frame, which blurs the latency by as much."""

    call_id: str
    item: Item
    transcript: str
    latency: float | None
    cut_off: bool
    answered: bool
    lateness: float


@dataclass(frozen=True, slots=True)
class InterruptionObservation:
    """Words or a sound put into a reply. offset: seconds into the reply; silent_after: onset → last assistant sample,
    None where it never fell silent; gap: how long it paused before it went on, 0 where it did not pause, None where it
    never went on or said something new instead; valid: the assistant was audible at the onset."""

    call_id: str
    item: Item
    offset: float
    valid: bool
    silent_after: float | None
    gap: float | None


Observation = TurnObservation | InterruptionObservation


class CallEnded(Exception):
    """The assistant hung up before the script was through."""


async def hold(
    caller: SyntheticCaller, steps: Sequence[ScriptStep], seed: int, observations: list[Observation]
) -> None:
    """Go through the steps of one call; the caller has joined. Observations are added as they happen.

    Raises TimeoutError when no assistant comes or it never stops, CallEnded when steps are left.
    """
    rng = random.Random(seed)
    joined_at = await caller.assistant(timeout=10)
    await caller.turn_over(after=joined_at, timeout=TURN_PATIENCE)
    for number, step in enumerate(steps):
        if caller.disconnected is not None:
            raise CallEnded(f"the call ended with {len(steps) - number} of {len(steps)} steps left")
        caller.set_noise(step.item.noise_kind, step.item.noise_level, seed=rng.randrange(1000))
        # People do not answer on a beat.
        await asyncio.sleep(rng.uniform(0.4, 1.0))
        if step.opener is None:
            observations.append(await _turn(caller, step.item))
        else:
            observations.append(await _interrupt(caller, step.opener, step))


async def _turn(caller: SyntheticCaller, item: Item) -> TurnObservation:
    started_at = time.monotonic()
    speech = await caller.say(item.samples())
    early = caller.recording.first_audible(speech.first, speech.last)
    first: float | None = None
    try:
        first = await caller.wait_for_sound(speech.last, REPLY_PATIENCE)
        await caller.turn_over(speech.last, TURN_PATIENCE)
    except TimeoutError:
        await caller.quiet(1.0, TURN_PATIENCE)
    return TurnObservation(
        call_id=caller.ticket.call_id,
        item=item,
        transcript=caller.text("caller", started_at),
        latency=None if early is not None or first is None else first - speech.last,
        cut_off=early is not None,
        answered=first is not None,
        lateness=speech.lateness,
    )


async def _interrupt(caller: SyntheticCaller, opener: Item, step: ScriptStep) -> InterruptionObservation:
    call_id, item = caller.ticket.call_id, step.item
    question = await caller.say(opener.samples())
    try:
        first = await caller.wait_for_sound(question.last, REPLY_PATIENCE)
        await asyncio.sleep(max(0.0, first + step.offset - time.monotonic()))
        await _while_audible(caller)
        speech = await caller.say(item.samples())
        await asyncio.sleep(SILENCED + RESUME)
    except TimeoutError:
        await caller.quiet(1.0, TURN_PATIENCE)
        return InterruptionObservation(call_id, item, step.offset, False, None, None)
    observation = _what_happened(caller, speech, item, first)
    if item.kind == "barge_in":
        # The words that interrupted are a turn of their own.
        await _wait_for_turn(caller, speech.last)
    else:
        await caller.quiet(1.5, TURN_PATIENCE)
    return observation


async def _while_audible(caller: SyntheticCaller) -> None:
    """Wait for a moment in which the assistant is heard, not between its sentences. Raises TimeoutError after 1.5 s."""
    await caller.until(
        lambda: caller.recording.last_audible(caller.recording.times[-1] - 0.06), "sound to interrupt", 1.5
    )


async def _wait_for_turn(caller: SyntheticCaller, after: float) -> None:
    try:
        await caller.turn_over(after, TURN_PATIENCE)
    except TimeoutError:
        await caller.quiet(1.0, TURN_PATIENCE)


def _what_happened(caller: SyntheticCaller, speech: Utterance, item: Item, reply: float) -> InterruptionObservation:
    recording = caller.recording
    audible = recording.last_audible(speech.first - 0.1, speech.first) is not None
    still = recording.falls_silent(speech.first, SILENCED)
    return InterruptionObservation(
        call_id=caller.ticket.call_id,
        item=item,
        offset=speech.first - reply,
        valid=audible,
        silent_after=None if still is None else still - speech.first,
        gap=_pause(caller, speech.first),
    )


def _pause(caller: SyntheticCaller, onset: float) -> float | None:
    """How long the assistant paused after `onset` before it went on with the same words."""
    silent_at = caller.recording.falls_silent(onset, PAUSED)
    if silent_at is None:
        return 0.0
    again = caller.recording.first_audible(silent_at + 0.02)
    if again is None:
        return None
    # A reply to the sound is a new segment; who goes on stays in the old one.
    new = any(
        item.speaker == "assistant" and onset < item.started_at < again + 0.3 for item in caller.captions.values()
    )
    return None if new else again - silent_at
