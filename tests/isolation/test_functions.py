"""The functions of schema `api`, which are the only ways across accounts: what each tells, to whom, and for what."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from psycopg.rows import dict_row

from tests.db.catalog import APP, FUNCTIONS
from tests.isolation.tenant_pair import TenantPair
from tests.isolation.test_tables import product

pytestmark = pytest.mark.isolation

_IDENTITY = {
    *("session_id", "user_id", "account_id", "name", "email", "role", "account_name"),
    *("second_factor", "second_factor_required", "account_deleted_at", "last_seen_at", "began_at"),
}
# Functions that find one row by something that nobody can guess, or that proves who asks: what they may tell.
BY_KEY = {
    "campaign_by_public_id": {"account_id", "campaign_id"},
    "login_by_email": {"user_id", "password_hash"},
    "identity_by_token": _IDENTITY,
    "identity_by_api_token": _IDENTITY | {"token_name", "token_role"},
    "user_by_identity": {"user_id"},
    "user_of_token": {"user_id"},
    "account_of_invitation": {"account_id"},
}
# Functions of the context whose arguments choose among what it sees.
FILTERS = {"knowledge_by_words"}
NAMES = sorted(FUNCTIONS)


def _arguments(connection: psycopg.Connection, name: str) -> list[str]:
    """The types of a function's arguments."""
    rows = connection.execute(
        "select format_type(t, null) from pg_proc, unnest(proargtypes) with ordinality a(t, n)"
        " where proname = %s and pronamespace = 'api'::regnamespace order by n",
        [name],
    )
    return [kind for (kind,) in rows]


def _call(connection: psycopg.Connection, name: str, values: list[Any]) -> list[dict[str, Any]]:
    query = sql.SQL("select * from {}({})").format(
        sql.Identifier("api", name), sql.SQL(", ").join(sql.Placeholder() * len(values))
    )
    return connection.cursor(row_factory=dict_row).execute(query, values).fetchall()


def _foreign_values(kinds: list[str]) -> Iterator[list[Any]]:
    """Arguments that nothing has: what somebody would try who hopes for everything."""
    for text, data in (
        ("%", b"%"),
        ("", b""),
        (None, None),
        ("' or true --", b"\x00"),
        ("nobody@x.example", bytes(32)),
    ):
        values_by_kind = {
            "text": text,
            "bytea": data,
            "uuid": uuid4() if text is not None else None,
            "timestamp with time zone": "infinity",
            "uuid[]": [uuid4()],
            "tsquery": "open",
            "integer": 1000,
        }
        yield [values_by_kind[kind] for kind in kinds]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_without_the_key_or_the_context(tenants: TenantPair, name: str) -> None:
    if FUNCTIONS[name] != APP:
        return
    kinds = _arguments(tenants.connection, name)
    for values in _foreign_values(kinds) if kinds else [[]]:
        with product(tenants, None, None) as connection:
            assert _call(connection, name, values) == []
        with product(tenants, tenants.a, tenants.a) as connection:
            results = _call(connection, name, values)
            assert tenants.leaks(str(results)) == []
            assert not (kinds and results)


@pytest.mark.parametrize("name", NAMES)
def test_the_own_account_finds_its_own(tenants: TenantPair, name: str) -> None:
    """A function of the context answers for A with what is A's, or the test above would prove nothing."""
    if FUNCTIONS[name] != APP or name in BY_KEY:
        return
    filters = _everything(tenants, name)
    with product(tenants, tenants.a, tenants.a) as connection:
        assert _call(connection, name, filters)
    for account, person in ((tenants.a, tenants.b), (tenants.b, tenants.a)):
        with product(tenants, account, None) as connection:
            by_account = _call(connection, name, filters)
        with product(tenants, None, person) as connection:
            by_person = _call(connection, name, filters)
        # It is limited by one of the two settings, and by that alone.
        assert bool(by_account) != bool(by_person)
        leaks = tenants.leaks(str(by_account if account is tenants.a else by_person if person is tenants.a else ""))
        assert leaks == []


def _everything(tenants: TenantPair, name: str) -> list[Any]:
    """Arguments that leave out nothing of either account."""
    if name not in FILTERS:
        return []
    sides = (tenants.a, tenants.b)
    bases = next(table for table in tenants.tables if table.name == "knowledge_bases")
    words = " | ".join(f"'@{side.account_id}'" for side in sides)
    return [[row["id"] for side in sides for row in tenants.rows(bases, side)], words, 1000]


def _keys(tenants: TenantPair) -> dict[str, list[Any]]:
    """The right arguments for what B has."""
    tables = {table.name: table for table in tenants.tables}

    def first(name: str) -> dict[str, Any]:
        return tenants.rows(tables[name], tenants.b)[0]

    identity = first("user_identities")
    return {
        "campaign_by_public_id": [first("campaigns")["public_id"]],
        "login_by_email": [tenants.email],
        "identity_by_token": [first("login_sessions")["token_hash"]],
        "identity_by_api_token": [first("api_tokens")["token_hash"]],
        "user_by_identity": [identity["issuer"], identity["subject"]],
        "user_of_token": [first("one_time_tokens")["id"]],
        "account_of_invitation": [first("invitations")["id"]],
    }


@pytest.mark.parametrize("name", NAMES)
def test_one_row_for_one_key_and_no_more_of_it_than_named(tenants: TenantPair, name: str) -> None:
    if FUNCTIONS[name] != APP:
        with product(tenants, tenants.a, tenants.a) as connection, pytest.raises(InsufficientPrivilege):
            _call(connection, name, next(_foreign_values(_arguments(connection, name))))
        return
    is_known = name in BY_KEY or name in FILTERS or _arguments(tenants.connection, name) == []
    assert is_known, f"{name}: how does it know whom it answers?"
    if name in BY_KEY:
        keys = _keys(tenants)[name]
        with product(tenants, None, None) as connection:
            (row,) = _call(connection, name, keys)
            assert row.keys() == BY_KEY[name]
        for place in range(len(keys)):
            other: Any = {str: "another", bytes: bytes(32)}.get(type(keys[place]), uuid4())
            with product(tenants, None, None) as connection:
                assert _call(connection, name, [*keys[:place], other, *keys[place + 1 :]]) == []


def test_no_other_role_calls_them(tenants: TenantPair) -> None:
    """What each may be called by is in the catalog's test; here it is tried."""
    for name, caller in FUNCTIONS.items():
        for role in {"quantum_app", "quantum_sweeper", "quantum_owner"} - {caller}:
            with tenants.connection.transaction(force_rollback=True):
                tenants.connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
                with pytest.raises(InsufficientPrivilege), tenants.connection.transaction():
                    _call(tenants.connection, name, next(_foreign_values(_arguments(tenants.connection, name))))
