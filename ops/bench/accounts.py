"""What accounts cost: a login beyond its hash, and row-level security on the hottest queries.

Half a million turns of two hundred accounts are put into the database. The product's own queries are recorded as it
sends them, and each is run in turns by the product's role, which row-level security binds, and by a superuser, whom it
does not, over views that hold the condition on the account as anybody would write it by hand.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import psycopg
from psycopg import sql
from sqlalchemy import Engine, event

from ops.bench import set_up
from ops.bench.figures import FOLDER, Figure, commit, quantile, spread, table
from ops.bench.resources import machine
from ops.parts import Instance
from quantum_app.db.session import account_session
from quantum_app.domain.accounts import members
from quantum_app.domain.audit import service as audit
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallFilters, CallStatus, Speaker, Turn
from quantum_app.domain.campaigns import demo
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.identity import passwords
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id, random_id

ACCOUNTS, CALLS, TURNS = 200, 125, 20  # in all: 500,000 turns
ROUNDS = 120
LOGINS = 40


@dataclass(frozen=True)
class Query:
    """A statement as the product sends it. takes: its parameters."""

    name: str
    text: str
    takes: dict[str, Any]


async def measure(instance: Instance) -> list[Figure]:
    """All figures; the parts postgres, valkey and web of the instance are running."""
    superuser = instance.postgres_url("postgres", instance.secrets.postgres)
    account = await set_up.account(demo.flow())
    print(f"Writing {ACCOUNTS * CALLS * TURNS:,} turns …", flush=True)
    await asyncio.to_thread(_fill, superuser, account.account_id)
    figures = await _logins(f"http://127.0.0.1:{instance.port}", account.email, account.password)
    print("Asking the hottest queries in turns …", flush=True)
    queries = await _queries(account.account_id)
    return figures + await asyncio.to_thread(_compare, instance, account.account_id, queries)


def report(figures: Sequence[Figure]) -> None:
    """Print, and write `docs/bench/accounts.md`."""
    facts = machine()
    lines = [
        "# Accounts",
        "",
        f"{now():%Y-%m-%d %H:%M} UTC, commit {commit()}. {facts['processor']}, {facts['cores']} cores. "
        f"{ACCOUNTS * CALLS * TURNS:,} turns of {ACCOUNTS} accounts; `make bench ARGS='--only accounts'`.",
        "",
        table(figures),
    ]
    text = "\n".join(lines) + "\n"
    (FOLDER / "accounts.md").write_text(text)
    print(f"\n{text}")


def _fill(superuser: str, first: UUID) -> None:
    """The account's campaign is copied to the other accounts; then calls and turns of all of them."""
    with psycopg.connect(superuser) as connection:
        row = connection.execute("select id from campaigns where account_id = %s", [first]).fetchone()
        assert row
        owners = [first, *(new_id() for _ in range(ACCOUNTS - 1))]
        campaigns_of: dict[UUID, UUID] = {first: row[0]}
        for account_id in owners[1:]:
            campaign_id = campaigns_of[account_id] = new_id()
            connection.execute("insert into accounts (account_id, name) values (%s, 'Other')", [account_id])
            connection.execute(
                "insert into campaigns select (jsonb_populate_record(c, jsonb_build_object('account_id', %s::text,"
                " 'id', %s::text, 'public_id', %s::text, 'published_version', null))).* from campaigns c"
                " where c.account_id = %s",
                [str(account_id), str(campaign_id), random_id("cmp"), first],
            )
            connection.execute(
                "insert into flow_versions select %s, %s, version, definition, created_at from flow_versions"
                " where account_id = %s",
                [account_id, campaign_id, first],
            )
        at = now()
        ids = [(owner, new_id(), new_id()) for _ in range(CALLS) for owner in owners]
        with connection.cursor().copy(
            "copy consent_tickets (account_id, id, campaign_id, email, wording, wording_version, language,"
            " consented_at) from stdin"
        ) as copy:
            for number, (owner, _call, ticket) in enumerate(ids):
                email = f"caller{number % 900}@example.com"
                copy.write_row((owner, ticket, campaigns_of[owner], email, "I agree.", "1", "en", at))
        with connection.cursor().copy(
            "copy call_sessions (account_id, id, campaign_id, flow_version, ticket_id, status, end_reason, created_at,"
            " ended_at) from stdin"
        ) as copy:
            for owner, call, ticket in ids:
                copy.write_row((owner, call, campaigns_of[owner], 1, ticket, "completed", "goodbye", at, at))
        with connection.cursor().copy(
            "copy call_transcripts (account_id, call_id, seq, speaker, text, started_at, ended_at, typed, interrupted,"
            " sources) from stdin"
        ) as copy:
            for owner, call, _ticket in ids:
                for seq in range(1, TURNS + 1):
                    words = "Do you allow pets, and how much is a parking space?"
                    copy.write_row((owner, call, seq, "caller", words, at, at, False, False, []))
        with connection.cursor().copy(
            "copy usage_events (account_id, call_id, seq, provider, kind, unit, quantity, cost, at) from stdin"
        ) as copy:
            for owner, call, _ticket in ids:
                for seq in range(3):
                    copy.write_row((owner, call, seq, "deepgram", "STT", "seconds", 12, 0.01, at))
        with connection.cursor().copy(
            "copy audit_log (account_id, id, actor, action, entity, entity_id) from stdin"
        ) as copy:
            for owner, call, _ticket in ids:
                copy.write_row((owner, new_id(), "bo@example.com", "calls.deleted", "call", str(call)))
        connection.commit()
        connection.autocommit = True
        connection.execute("vacuum analyze")


async def _logins(url: str, email: str, password: str) -> list[Figure]:
    """The whole request over HTTP, and the hash alone, in turns."""
    password_hash = await passwords.hash_password(password)
    whole: list[float] = []
    alone: list[float] = []
    async with httpx.AsyncClient(base_url=url, trust_env=False) as web:
        for number in range(LOGINS + 3):
            headers = {"x-forwarded-for": f"198.51.100.{number}"}
            began = time.perf_counter()
            answer = await web.post("/api/auth/login", json={"email": email, "password": password}, headers=headers)
            answer.raise_for_status()
            middle = time.perf_counter()
            await passwords.verify(password, password_hash)
            if number >= 3:
                whole.append(middle - began)
                alone.append(time.perf_counter() - middle)
    beyond = [total - (quantile(alone, 0.5) or 0) for total in whole]
    return [*spread("login, whole request", whole)[:2], *spread("… beyond its hash", beyond, 150, 150)[:2]]


async def _queries(account_id: UUID) -> list[Query]:
    """What the product sends when its hottest things are done."""
    async with account_session(account_id) as session:
        call_id = (await calls.list_calls(session, limit=1)).calls[0].call_id
        page = await calls.list_calls(session, limit=50)
        campaign_id = (await campaigns.list_names(session))[0].campaign_id
    at = now()
    turns = [Turn(call_id, 1000 + n, Speaker.CALLER, "Hello", at, at + timedelta(seconds=1)) for n in range(2)]
    actions: dict[str, Callable[[Any], Awaitable[object]]] = {
        "list of calls": lambda session: calls.list_calls(session, limit=50),
        "list of calls, an older page": lambda session: calls.list_calls(session, limit=50, after=page.after),
        "list of calls by status": lambda session: calls.list_calls(session, CallFilters(status=CallStatus.COMPLETED)),
        "list of calls of a campaign": lambda session: calls.list_calls(session, CallFilters(campaign_id=campaign_id)),
        "a call and its turns": lambda session: calls.get_detail(session, call_id),
        "a turn is stored": lambda session: calls.record(session, account_id, turns),
        "names of campaigns": campaigns.list_names,
        "a campaign for the call page": lambda session: campaigns.get_snapshot(session, campaign_id),
        "calls of one caller": lambda session: calls.ids_of_contact(session, account_id, "caller7@example.com"),
        "page of the audit log": lambda session: audit.search(session, limit=50),
        "search in the audit log": lambda session: audit.search(session, limit=50, action="calls.", text="bo@"),
        "members": members.list_members,
        "a line in the audit log": lambda session: audit.record(
            session, account_id, Actor(None, "bench"), "bench.done", "thing", "x"
        ),
    }
    queries: list[Query] = []
    for name, action in actions.items():
        async with _listening() as statements, account_session(account_id) as session:
            statements.clear()
            await action(session)
            sent_queries = list(statements)
        for text, takes in sent_queries:
            if "set_config" not in text and text.lstrip().lower().startswith("select") and "api." not in text:
                table_match = re.search(r"FROM (\w+)", text)
                queries.append(Query(f"{name}: {table_match[1] if table_match else ''}", text, takes))
    return queries


@asynccontextmanager
async def _listening() -> AsyncIterator[list[tuple[str, Any]]]:
    statements: list[tuple[str, Any]] = []

    def keep(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        statements.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", keep)


def _compare(instance: Instance, account_id: UUID, queries: Sequence[Query]) -> list[Figure]:
    superuser = instance.postgres_url("postgres", instance.secrets.postgres)
    app = instance.postgres_url("quantum_app", instance.secrets.quantum_app)
    with psycopg.connect(superuser) as plain, psycopg.connect(app) as bound:
        bound.execute("select set_config('app.account_id', %s, false)", [str(account_id)])
        _views(plain, account_id)
        rows: list[tuple[str, float, float]] = []
        subplans = 0
        for query in queries:
            times: tuple[list[float], list[float]] = ([], [])
            for _ in range(ROUNDS):
                for connection, durations in ((bound, times[0]), (plain, times[1])):
                    began = time.perf_counter()
                    connection.execute(query.text.encode(), query.takes).fetchall()
                    durations.append(time.perf_counter() - began)
            rows.append((query.name, float(np.median(times[0])), float(np.median(times[1]))))
            subplans += _subplans(bound, query) > _subplans(plain, query)
    hottest = sorted(rows, key=lambda row: row[2], reverse=True)[:10]
    figures = [
        Figure(
            f"row-level security, {name} ({1000 * by_hand:.2f} ms by hand)", with_policy / by_hand, "×", ROUNDS, 1.15
        )
        for name, with_policy, by_hand in hottest
    ]
    total = sum(row[1] for row in hottest) / sum(row[2] for row in hottest)
    figures.append(Figure("row-level security, the ten together", total, "×", len(hottest), 1.15))
    figures.append(Figure("queries with a SubPlan out of a policy", float(subplans), "", len(queries), 0))
    return figures


def _views(plain: psycopg.Connection, account_id: UUID) -> None:
    """For this session alone: each table under its own name, with its condition on the account."""
    names = plain.execute(
        "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'account_id'"
        " where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'"
    ).fetchall()
    for (name,) in names:
        plain.execute(
            sql.SQL("create temporary view {0} as select * from public.{0} where account_id = {1}").format(
                sql.Identifier(name), sql.Literal(account_id)
            )
        )
    plain.execute("set search_path = pg_temp, public")


def _subplans(connection: psycopg.Connection, query: Query) -> int:
    plan = connection.execute(b"explain " + query.text.encode(), query.takes).fetchall()
    return sum("SubPlan" in line for (line,) in plan)
