"""The doctor's call: what a caller would go through, each step assigned to the component that makes it work.

The call is marked by its email address and hangs up by itself after one question.
"""

import asyncio
import time
from uuid import UUID

import httpx
import redis.asyncio
import redis.exceptions
from livekit import rtc

from ops.caller import CallRefused, SyntheticCaller, start_call
from ops.doctor.findings import Findings
from ops.sound import speak
from quantum_app.db.session import account_session
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallDetail, Speaker
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.errors import Component, QuantumError
from quantum_app.settings import settings

EMAIL = "doctor@quantum.example"
CAMPAIGN = "demo"
QUESTION = "How much is a studio per month?"
# A worker that has just started loads its models before its first call.
ASSISTANT_PATIENCE = 20.0
ANSWER_PATIENCE = 10.0


async def place(findings: Findings) -> None:
    """Call, ask one question, look at what arrived where. Adds to `findings` only what the call has shown."""
    cause = findings.is_broken(Component.WEB, Component.DB, Component.REDIS, Component.LIVEKIT)
    if cause is None and findings.is_broken(Component.DISPATCH):
        cause = Component.DISPATCH
    if cause is None:
        cause = await _call(findings)
    if cause is not None:
        findings.wait(cause)


async def _call(findings: Findings) -> Component | None:
    """The call itself; the component at which it ended early, or None."""
    try:
        campaign = await campaigns.get_public(CAMPAIGN)
    except QuantumError as error:
        findings.broken(Component.DB, f"can't read the demo campaign: {error.message}")
        return Component.DB
    try:
        ticket = await start_call(
            f"http://127.0.0.1:{settings().port}",
            CAMPAIGN,
            email=EMAIL,
            consent_version=campaign.consent_version,
            name="Doctor",
        )
    except CallRefused as error:
        component = Component.DISPATCH if error.problem.get("code") == "busy" else Component.WEB
        findings.broken(component, f"can't start a call: {error}")
        return component
    except httpx.HTTPError as error:
        findings.broken(Component.WEB, f"can't start a call: {error or type(error).__name__}")
        return Component.WEB
    findings.ok(Component.WEB, "a call started")
    caller = SyntheticCaller(ticket, says_so=True)
    try:
        async with asyncio.timeout(10):
            await caller.__aenter__()
    except (rtc.ConnectError, TimeoutError) as error:
        findings.broken(Component.LIVEKIT, f"can't join the room: {error or 'no response within 10 s'}")
        return Component.LIVEKIT
    try:
        findings.ok(Component.LIVEKIT, "joined a room")
        try:
            joined_at = await caller.assistant(timeout=ASSISTANT_PATIENCE)
        except TimeoutError as error:
            findings.broken(Component.DISPATCH, f"the call was dispatched, but {error}")
            return Component.DISPATCH
        findings.ok(Component.DISPATCH, "an assistant joined the call")
        await _converse(findings, caller, joined_at)
        await _stage(findings, ticket.uuid)
    finally:
        await caller.leave()
    await _rows(findings, campaign.account_id, ticket.uuid)
    return None


async def _converse(findings: Findings, caller: SyntheticCaller, joined_at: float) -> None:
    """Greeting heard (TTS), question recognized (STT), answer given (LLM) and heard."""
    if not findings.is_broken(Component.TTS):
        try:
            await caller.wait_for_sound(after=joined_at, timeout=ANSWER_PATIENCE)
        except TimeoutError as error:
            findings.broken(Component.TTS, f"the assistant joined but didn't greet: {error}")
        else:
            findings.ok(Component.TTS, "the greeting was audible")
            await caller.turn_over(after=joined_at, timeout=20)
    asked_at = time.monotonic()
    if findings.is_broken(Component.STT):
        await caller.type(QUESTION)
    else:
        await caller.say(await asyncio.to_thread(speak, QUESTION))
        try:
            await caller.caption("caller", after=asked_at, timeout=ANSWER_PATIENCE)
        except TimeoutError as error:
            findings.broken(Component.STT, f"a question was spoken, but {error}")
            asked_at = time.monotonic()
            await caller.type(QUESTION)
        else:
            findings.ok(Component.STT, "the test question was recognized")
    try:
        await caller.until(lambda: caller.text("assistant", after=asked_at) or None, "answer", ANSWER_PATIENCE)
    except TimeoutError as error:
        # Without a voice the answer may not show: that is the voice's fault.
        if not findings.is_broken(Component.TTS, Component.STT):
            findings.broken(Component.LLM, f"the test question was recognized, but {error}")
    else:
        findings.ok(Component.LLM, "a question was answered")


async def _stage(findings: Findings, call_id: UUID) -> None:
    client = redis.asyncio.from_url(settings().redis.url.get_secret_value(), socket_timeout=2, decode_responses=True)

    async def wait_for_stage() -> None:
        while not await client.execute_command("HGET", f"qv:call:{call_id}", "stage"):  # noqa: ASYNC110 (another process sets it)
            await asyncio.sleep(0.1)

    try:
        await asyncio.wait_for(wait_for_stage(), 3)
    except (redis.exceptions.RedisError, OSError, TimeoutError):
        findings.broken(Component.REDIS, "it responds, but the call's stage never arrived")
    else:
        findings.ok(Component.REDIS, "the call's stage arrived")
    finally:
        await client.aclose()


async def _rows(findings: Findings, account_id: UUID, call_id: UUID) -> None:
    """The call's turns reach the database while it runs or shortly after."""

    async def turns() -> CallDetail:
        while True:
            async with account_session(account_id) as session:
                detail = await calls.get_detail(session, call_id, see_values=True)
            if any(turn.speaker is Speaker.CALLER for turn in detail.turns):
                return detail
            await asyncio.sleep(0.2)

    try:
        async with asyncio.timeout(6):
            turn_rows = await turns()
    except (QuantumError, TimeoutError):
        findings.broken(Component.DB, "it responds, but the call's turns never arrived")
    else:
        findings.ok(Component.DB, f"{len(turn_rows.turns)} turns of the call arrived")
