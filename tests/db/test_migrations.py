"""Migrations carry over what earlier versions stored."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from ops.database import LOGINS, prepare
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.settings import ROOT
from tests.stack import Stack

pytestmark = pytest.mark.service

DATABASE = "migrations"


class Schema:
    """A database that can be migrated step by step. `rows` writes and reads as a superuser, past all constraints."""

    def __init__(self, owner_url: str, superuser_url: str) -> None:
        self._config = Config(ROOT / "alembic.ini")
        self._config.attributes["url"] = owner_url
        self.rows: psycopg.Connection[dict[str, Any]] = psycopg.connect(
            superuser_url, autocommit=True, row_factory=dict_row
        )
        self.rows.execute("set session_replication_role = replica")

    def upgrade(self, revision: str = "head") -> None:
        command.upgrade(self._config, revision)


@pytest.fixture
def schema(database: Stack) -> Iterator[Schema]:
    config = database.settings.database
    urls = dict(zip(LOGINS, (config.owner_url, config.url, config.system_url), strict=True))
    passwords = {role: str(conninfo_to_dict(url.get_secret_value())["password"]) for role, url in urls.items()}
    with psycopg.connect(database.superuser_url, autocommit=True) as server:
        server.execute(f"drop database if exists {DATABASE}")
        prepare(database.superuser_url, passwords, database=DATABASE)
        owner_url = urlsplit(config.owner_url.get_secret_value())._replace(path=f"/{DATABASE}").geturl()
        migration_schema = Schema(owner_url, make_conninfo(database.superuser_url, dbname=DATABASE))
        yield migration_schema
        migration_schema.rows.close()
        server.execute(f"drop database {DATABASE}")


OLD_EVENTS: list[tuple[str, dict[str, Any]]] = [
    ("joined", {}),
    ("filler", {"waiting_for": "LLM"}),
    ("fallback", {"segment": "RAG", "error": "TimeoutError"}),
    ("fallback", {"why": "no answer in time"}),
    ("collected", {"variable": "name", "value": "Ada"}),
    ("ended", {"reason": "ghost"}),
]
NEW_EVENTS: list[tuple[str, dict[str, Any]]] = [
    ("assistant.joined", {}),
    ("filler.played", {"component": "LLM"}),
    ("fallback.used", {"component": "RAG", "error": "TimeoutError"}),
    ("fallback.used", {"reason": "no answer in time"}),
    ("slot.filled", {"variable": "name", "value": "Ada"}),
    ("call.ended", {"reason": "no_audio"}),
]


def test_the_newest_flow_state_of_a_call_that_goes_on_becomes_its_checkpoint(schema: Schema) -> None:
    schema.upgrade("202611301430")
    account, active_id, ended_id = new_id(), new_id(), new_id()
    for call, status, at, reason in ((active_id, "active", None, None), (ended_id, "completed", now(), "goodbye")):
        schema.rows.execute(
            "insert into call_sessions (account_id, id, campaign_id, flow_version, ticket_id, status, ended_at,"
            " end_reason) values (%s, %s, %s, 1, %s, %s, %s, %s)",
            (account, call, new_id(), new_id(), status, at, reason),
        )
        for seq, kind in ((1, "assistant.joined"), (2, "flow_state"), (3, "flow_state")):
            schema.rows.execute(
                "insert into call_events (account_id, call_id, seq, kind, at, data) values (%s, %s, %s, %s, %s, %s)",
                (account, call, seq, kind, now(), Jsonb({"sealed": f"state {seq}"})),
            )
    schema.upgrade("202611301530")
    checkpoints = schema.rows.execute("select call_id, seq, encrypted_state from call_checkpoints").fetchall()
    assert checkpoints == [{"call_id": active_id, "seq": 3, "encrypted_state": "state 3"}]
    assert schema.rows.execute("select distinct kind from call_events").fetchall() == [{"kind": "assistant.joined"}]


def test_stored_events_and_end_reasons_get_their_new_names(schema: Schema) -> None:
    schema.upgrade("202611300810")
    account, call = new_id(), new_id()
    schema.rows.execute(
        "insert into call_sessions (account_id, id, campaign_id, flow_version, ticket_id, status, ended_at, end_reason)"
        " values (%s, %s, %s, 1, %s, 'abandoned', now(), 'ghost')",
        (account, call, new_id(), new_id()),
    )
    for seq, (kind, data) in enumerate(OLD_EVENTS, 1):
        schema.rows.execute(
            "insert into call_events (account_id, call_id, seq, kind, at, data) values (%s, %s, %s, %s, %s, %s)",
            (account, call, seq, kind, now(), Jsonb(data)),
        )
    schema.upgrade("202611301430")
    events = schema.rows.execute("select kind, data from call_events order by seq").fetchall()
    assert [(event["kind"], event["data"]) for event in events] == NEW_EVENTS
    assert schema.rows.execute("select end_reason from call_sessions").fetchall() == [{"end_reason": "no_audio"}]
    query = "select relname from pg_class where relforcerowsecurity and relname in ('call_events', 'call_sessions')"
    assert len(schema.rows.execute(query).fetchall()) == 2


def test_a_login_of_a_program_ends_and_a_browsers_goes_on(schema: Schema) -> None:
    schema.upgrade("202611300740")
    logins = {kind: new_id() for kind in ("browser", "api")}
    for kind, login in logins.items():
        account = new_id()
        schema.rows.execute(
            "insert into login_sessions (id, user_id, account_id, token_hash, expires_at, kind)"
            " values (%s, %s, %s, %s, now() + interval '14 days', %s)",
            (login, new_id(), account, kind.encode(), kind),
        )
        schema.rows.execute(
            "insert into audit_log (account_id, id, actor, action, entity, entity_id, new)"
            " values (%s, %s, 'Ada', 'login.began', 'login', %s, %s)",
            (account, new_id(), str(login), Jsonb({"by": "password", "kind": kind})),
        )
    schema.upgrade("202611301800")
    assert schema.rows.execute("select id from login_sessions").fetchall() == [{"id": logins["browser"]}]
    query = "select relname from pg_class where relforcerowsecurity and relname in ('login_sessions', 'audit_log')"
    assert len(schema.rows.execute(query).fetchall()) == 2


def test_shown_values_of_old_calls_are_kept_and_calls_without_a_word_are_abandoned(schema: Schema) -> None:
    schema.upgrade("202612011000")
    account, spoken_id, silent_id, erased_id = new_id(), new_id(), new_id(), new_id()
    for call, erased_at in ((spoken_id, None), (silent_id, None), (erased_id, now())):
        schema.rows.execute(
            "insert into call_sessions (account_id, id, campaign_id, flow_version, ticket_id, status, ended_at,"
            " end_reason, erased_at) values (%s, %s, %s, 1, %s, 'completed', now(), 'goodbye', %s)",
            (account, call, new_id(), new_id(), erased_at),
        )
    schema.rows.execute(
        "insert into call_transcripts (account_id, call_id, seq, speaker, text, started_at, ended_at, typed,"
        " interrupted, sources) values (%s, %s, 1, 'caller', 'Hello', now(), now(), false, false, '{}')",
        (account, spoken_id),
    )
    for seq, variable, value in ((2, "rooms", 2), (3, "rooms", 3), (4, "phone", "•••")):
        schema.rows.execute(
            "insert into call_events (account_id, call_id, seq, kind, at, data)"
            " values (%s, %s, %s, 'slot.filled', %s, %s)",
            (account, spoken_id, seq, now(), Jsonb({"variable": variable, "value": value})),
        )
    schema.upgrade("202612011100")
    values = schema.rows.execute("select call_id, variable, seq, sensitivity, value from call_values").fetchall()
    assert values == [{"call_id": spoken_id, "variable": "rooms", "seq": 3, "sensitivity": "none", "value": 3}]
    calls = schema.rows.execute("select id, status, origin from call_sessions").fetchall()
    assert {row["id"]: row["status"] for row in calls} == {
        spoken_id: "completed",
        silent_id: "abandoned",
        erased_id: "completed",
    }
    assert {row["origin"] for row in calls} == {"caller"}
    query = "select count(*) from pg_class where relforcerowsecurity and relname like 'call%%'"
    assert schema.rows.execute(query, ()).fetchone() == {"count": 5}
