"""What callers get of their call when it is over, and by email; and that it is no way to write to strangers."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from quantum_app.api import rate_limits
from quantum_app.api.calls import rooms
from quantum_app.db.session import account_session
from quantum_app.domain.calls import after_call
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallEnd, CallRef, CallStatus, EndReason, Speaker, Turn
from quantum_app.domain.outbox import templates
from quantum_app.domain.outbox.schemas import Links
from quantum_app.kit.clock import now
from quantum_app.kit.ids import random_id
from quantum_app.settings import settings
from quantum_app.web.calls import view
from tests.api.test_calls import Authorization, bearer, join, start_call
from tests.db.tenants import Tenant, slot_event, turn

pytestmark = pytest.mark.api

PHONE = {"variable": "phone", "label": "Phone", "kind": "phone", "sensitivity": "redact"}
SECRET = {"variable": "secret", "label": "Number of the card", "kind": "text", "sensitivity": "encrypt"}


async def call_with_words() -> tuple[Tenant, CallRef, Authorization]:
    """A call on which the caller said something, over."""
    of, ref = await start_call()
    async with account_session(of.account_id) as session:
        words = turn(ref.call_id, 1, "The key is under the third pot.")
        await calls.record(session, of.account_id, [words, _end(ref)])
    return of, ref, bearer(ref)


def _end(ref: CallRef) -> CallEnd:
    return CallEnd(ref.call_id, CallStatus.COMPLETED, EndReason.GOODBYE, now())


def _path(ref: CallRef, action: str) -> str:
    return f"/api/public/calls/{ref.public_id}/{action}"


def _address() -> str:
    return f"{random_id('to')}@example.com"


async def _send(web: httpx.AsyncClient, ref: CallRef, to: str) -> httpx.Response:
    return await web.post(_path(ref, "transcript-email"), json={"email": to}, headers=bearer(ref))


def _mails(superuser: psycopg.Connection, ref: CallRef) -> list[tuple[str, dict[str, Any]]]:
    query = "select recipient, data from outbox where data->>'call_id' = %s order by id"
    return superuser.execute(query, [str(ref.call_id)]).fetchall()


def _token(data: dict[str, Any]) -> str:
    """The fragment of the email's link, as the job writes it."""
    mail = templates.render(after_call.TEMPLATE, "a@example.com", data, Links("https://x", settings().signing_key))
    return mail.text.partition("https://x/transcript#")[2].split()[0]


async def test_a_caller_sees_what_they_told(web: httpx.AsyncClient) -> None:
    of, ref = await start_call()
    async with account_session(of.account_id) as session:
        events = [
            slot_event(ref.call_id, 1, "+14105550142", **PHONE),
            slot_event(ref.call_id, 2, "4111 1111", **SECRET),
        ]
        await calls.record(session, of.account_id, events)
    result = (await web.get(_path(ref, "result"), headers=bearer(ref))).json()
    assert datetime.fromisoformat(result.pop("started_at")) <= now()
    assert result == {
        "status": "active",
        "ended_at": None,
        "turns": [],
        "values": [
            {"label": "Phone", "kind": "phone", "value": "+1 410-555-0142", "masked": False},
            {"label": "Number of the card", "kind": "text", "value": None, "masked": True},
        ],
    }
    async with account_session(of.account_id) as session:
        await calls.record(session, of.account_id, [_end(ref)])
    assert (await web.get(_path(ref, "result"), headers=bearer(ref))).json()["status"] == "ended"


async def test_the_caller_and_the_business_read_the_same_times(web: httpx.AsyncClient) -> None:
    of, ref = await start_call()
    async with account_session(of.account_id) as session:
        await calls.mark_answered(session, ref.call_id)
        began = (await calls.get_detail(session, ref.call_id)).summary.answered_at
        assert began is not None
        turns = [
            Turn(ref.call_id, seq, speaker, "Hello.", began + timedelta(seconds=at), began + timedelta(seconds=at + 1))
            for seq, (speaker, at) in enumerate([(Speaker.ASSISTANT, 0.4), (Speaker.CALLER, 5.9)], 1)
        ]
        await calls.record(session, of.account_id, [*turns, _end(ref)])
        summary = (await calls.get_detail(session, ref.call_id)).summary
    result = (await web.get(_path(ref, "result"), headers=bearer(ref))).json()
    assert [(turn["speaker"], turn["offset"]) for turn in result["turns"]] == [("assistant", 0), ("caller", 5)]
    assert [view.clock(turn.started_at, began) for turn in turns] == ["0:00", "0:05"]
    times = [datetime.fromisoformat(result[name]) for name in ("started_at", "ended_at")]
    assert times == [began, summary.ended_at]


async def test_a_transcript_is_sent_as_a_link_that_opens_it(
    web: httpx.AsyncClient, superuser: psycopg.Connection
) -> None:
    _, ref, _ = await call_with_words()
    to = _address()
    assert (await _send(web, ref, f"  {to.upper()}")).status_code == 204
    [(recipient, data)] = _mails(superuser, ref)
    assert recipient == to.lower()
    shared = (await web.post("/api/public/transcript", json={"token": _token(data)})).json()
    assert shared["account_name"] == "Homes"
    assert [(one["speaker"], one["text"]) for one in shared["turns"]] == [("caller", "The key is under the third pot.")]


async def test_the_email_says_nothing_of_the_call(web: httpx.AsyncClient, superuser: psycopg.Connection) -> None:
    """Anybody can have it sent to anybody: it holds no word of whoever did."""
    _, ref, _ = await call_with_words()
    await _send(web, ref, _address())
    [(_, data)] = _mails(superuser, ref)
    mail = templates.render(after_call.TEMPLATE, "a@example.com", data, Links("https://x", settings().signing_key))
    for words in ("Homes", "Mira", "Sam", "third pot", str(ref.account_id), str(ref.call_id)):
        assert words not in f"{mail.subject} {mail.text} {mail.html}"


async def test_the_link_to_an_erased_call_says_so(web: httpx.AsyncClient, superuser: psycopg.Connection) -> None:
    of, ref, _ = await call_with_words()
    await _send(web, ref, _address())
    [(_, data)] = _mails(superuser, ref)
    async with account_session(of.account_id) as session:
        assert not await calls.is_erased(session, ref.call_id)
        await calls.erase(session, [ref.call_id])
        assert await calls.is_erased(session, ref.call_id)
    response = await web.post("/api/public/transcript", json={"token": _token(data)})
    assert (response.status_code, response.json()["code"]) == (404, "call_erased")


async def test_the_link_works_for_a_week_and_only_while_the_call_is_there(
    web: httpx.AsyncClient, superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    of, ref, _ = await call_with_words()
    await _send(web, ref, _address())
    [(_, data)] = _mails(superuser, ref)
    token = _token(data)

    async def status_of(text: str) -> int:
        response = await web.post("/api/public/transcript", json={"token": text})
        assert response.status_code == 200 or response.json()["code"] == "link_over"
        return response.status_code

    assert await status_of(token) == 200
    for other in (token[:-5], token.swapcase(), f"{token[:60]}AAAA{token[64:]}", "é", "x" * 500):
        assert await status_of(other) == 404
    with monkeypatch.context() as later:
        later.setattr(after_call, "now", lambda: now() + timedelta(days=7, seconds=1))
        assert await status_of(token) == 404
    async with account_session(of.account_id) as session:
        await calls.delete(session, of.account_id, of.actor, ref.call_id)
    assert await status_of(token) == 404
    async with account_session(of.account_id) as session:
        await calls.restore(session, of.account_id, of.actor, ref.call_id)
    assert await status_of(token) == 200
    superuser.execute("update campaigns set deleted_at = now() where account_id = %s", [of.account_id])
    assert await status_of(token) == 404


async def test_a_call_writes_to_two_addresses_at_most(web: httpx.AsyncClient, superuser: psycopg.Connection) -> None:
    _, ref, _ = await call_with_words()
    answers = [(await _send(web, ref, _address())).status_code for _ in range(3)]
    assert answers == [204, 204, 429]
    assert len(_mails(superuser, ref)) == 2


async def test_an_address_gets_one_email_of_a_call(web: httpx.AsyncClient, superuser: psycopg.Connection) -> None:
    _, ref, _ = await call_with_words()
    to = _address()
    assert [(await _send(web, ref, to)).status_code for _ in range(2)] == [204, 204]
    assert len(_mails(superuser, ref)) == 1


async def test_an_address_is_written_to_a_few_times_a_day_whatever_calls_there_are(web: httpx.AsyncClient) -> None:
    name = random_id("to")
    answers: list[int] = []
    for number in range(rate_limits.TRANSCRIPTS_BY_EMAIL.amount + 1):
        _, ref, _ = await call_with_words()
        answers.append((await _send(web, ref, f"{name}+{number}@example.com")).status_code)
    assert answers == [204] * rate_limits.TRANSCRIPTS_BY_EMAIL.amount + [429]


async def test_a_network_address_sends_a_few_an_hour(web: httpx.AsyncClient) -> None:
    answers: list[int] = []
    for _ in range(rate_limits.MAILS_BY_ADDRESS.amount + 1):
        _, ref, _ = await call_with_words()
        answers.append((await _send(web, ref, _address())).status_code)
    assert answers == [204] * rate_limits.MAILS_BY_ADDRESS.amount + [429]


async def test_a_call_without_a_word_of_the_caller_sends_nothing(
    web: httpx.AsyncClient, superuser: psycopg.Connection
) -> None:
    _, ref = await start_call()
    response = await _send(web, ref, _address())
    assert (response.status_code, response.json()["code"]) == (409, "transcript_empty")
    assert _mails(superuser, ref) == []


async def test_what_sends_nothing_uses_up_nothing(web: httpx.AsyncClient) -> None:
    to = _address()
    for _ in range(rate_limits.TRANSCRIPTS_BY_EMAIL.amount + 1):
        _, silent = await start_call()
        assert (await _send(web, silent, to)).status_code == 409
    _, ref, _ = await call_with_words()
    assert (await _send(web, ref, to)).status_code == 204


async def test_whoever_got_a_transcript_can_be_erased_by_their_address(
    web: httpx.AsyncClient, superuser: psycopg.Connection
) -> None:
    of, ref, _ = await call_with_words()
    to = _address().lower()
    await _send(web, ref, to)
    superuser.execute("update outbox set last_error = %s where recipient = %s", [f"550 <{to}> unknown", to])
    async with account_session(of.account_id) as session:
        assert await calls.ids_of_contact(session, of.account_id, to) == [ref.call_id]
        await calls.erase(session, [ref.call_id])
        assert await calls.ids_of_contact(session, of.account_id, to) == []
    assert superuser.execute("select from outbox where outbox::text like %s", [f"%{to}%"]).fetchall() == []


async def test_two_calls_dont_tell_that_the_same_person_called(
    web: httpx.AsyncClient, superuser: psycopg.Connection
) -> None:
    to, keys = _address().lower(), set[str]()
    for _ in range(2):
        _, ref, _ = await call_with_words()
        await _send(web, ref, to)
        query = "select idempotency_key from outbox where data->>'call_id' = %s"
        [(key,)] = superuser.execute(query, [str(ref.call_id)]).fetchall()
        keys.add(key.rpartition(":")[2])
    assert len(keys) == 2


async def test_a_wrong_address_is_named_at_the_field(web: httpx.AsyncClient) -> None:
    _, ref, _ = await call_with_words()
    response = await _send(web, ref, "nobody")
    assert (response.status_code, response.json()["code"], response.json()["field"]) == (422, "invalid_email", "email")


async def test_erasing_a_call_forgets_whom_its_transcript_went_to(
    web: httpx.AsyncClient, superuser: psycopg.Connection
) -> None:
    of, ref, _ = await call_with_words()
    to = _address()
    await _send(web, ref, to)
    async with account_session(of.account_id) as session:
        await calls.erase(session, [ref.call_id])
    rows = superuser.execute(
        "select recipient, status from outbox where data->>'call_id' = %s", [str(ref.call_id)]
    ).fetchall()
    assert rows == [("", "failed")]


@pytest.mark.parametrize("action", ["hang-up", "result", "transcript-email"])
async def test_only_the_calls_own_token_opens_it(web: httpx.AsyncClient, action: str) -> None:
    _, ref, _ = await call_with_words()
    _, _, other = await call_with_words()
    for headers in ({}, other, {"authorization": "Bearer x"}):
        if action == "result":
            response = await web.get(_path(ref, action), headers=headers)
        else:
            response = await web.post(_path(ref, action), json={"email": _address()}, headers=headers)
        assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")


async def test_a_page_that_is_closed_takes_the_caller_out_of_the_room(web: httpx.AsyncClient) -> None:
    _, ref = await start_call()
    assert (await web.post(_path(ref, "hang-up"), headers=bearer(ref))).status_code == 204, "nobody is there"
    async with join(ref):
        assert (await web.post(_path(ref, "hang-up"), headers=bearer(ref))).status_code == 204
        assert not await rooms().caller_present(ref)
