"""Every table, command and context: by row-level security alone, with all the rights one could have by mistake."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege, UniqueViolation

from quantum_app.db.models import Base
from tests.db.catalog import READ_POLICIES
from tests.isolation.schema import Table, insert
from tests.isolation.tenant_pair import Side, TenantPair

pytestmark = pytest.mark.isolation

# Who asks: the settings of the transaction, by what they are taken from.
CONTEXTS = {
    "nobody": (None, None),
    "account": ("account", None),
    "person": (None, "person"),
    "both": ("account", "person"),
}
# Keys that are the same for all accounts: that one is taken can be told. By table and columns; each with the reason.
TELLING = {
    ("users", "email"): "one login an address; sign-up asks api.login_by_email, and answers the same for both",
    ("campaigns", "public_id"): "130 random bits, made by us",
    ("outbox", "idempotency_key"): "made by us, of a random id",
    ("login_sessions", "token_hash"): "of 256 random bits",
    ("api_tokens", "token_hash"): "of 190 random bits",
    ("user_identities", "issuer, subject"): "the provider's name for a person, signed by the provider",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The tables are those of the models; that these are those of the database is tested in tests/db."""
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", sorted(Base.metadata.tables))


@pytest.fixture
def table(tenants: TenantPair, name: str) -> Table:
    return next(table for table in tenants.tables if table.name == name)


@contextmanager
def product(
    tenants: TenantPair, account: Side | None, person: Side | None, person_id: UUID | None = None
) -> Iterator[psycopg.Connection]:
    """The product's role with every right on every table; what happens is undone. person_id: not the owner."""
    with tenants.connection.transaction(force_rollback=True):
        execute = tenants.connection.execute
        execute("grant select, insert, update, delete on all tables in schema public to quantum_app")
        execute("select set_config('app.account_id', %s, true)", [str(account.account_id) if account else ""])
        user_id = (person_id or person.tenant.user_id) if person else ""
        execute("select set_config('app.user_id', %s, true)", [str(user_id)])
        execute("set local role quantum_app")
        yield tenants.connection


def _connect_as(tenants: TenantPair, context: str, table: Table) -> Any:
    account, person = CONTEXTS[context]
    return product(
        tenants,
        tenants.a if account else None,
        tenants.a if person else None,
        _person(tenants, table),
    )


def _person(tenants: TenantPair, table: Table) -> UUID:
    """Somebody of A who has a row in the table, if anybody has."""
    people = [row[table.person] for row in tenants.rows(table, tenants.a)] if table.person else []
    return next((person for person in people if person), tenants.a.tenant.user_id)


def _count(connection: psycopg.Connection, table: Table, rows: list[dict[str, Any]]) -> int:
    """How many of these rows there are, for whoever asks."""
    keys = sql.SQL(" and ").join(sql.SQL("{} = {}").format(sql.Identifier(key), sql.Placeholder()) for key in table.key)
    query = sql.SQL("select count(*) from {} where {}").format(sql.Identifier(table.name), keys)
    total = 0
    for row in rows:
        (count,) = connection.execute(query, [row[key] for key in table.key]).fetchone() or (0,)
        total += count
    return total


def _is_visible(tenants: TenantPair, table: Table, context: str, row: dict[str, Any], person_id: UUID) -> bool:
    """Whether a row of A is seen in this context, with that person in it."""
    account, person = CONTEXTS[context]
    if table.of_account and account and row["account_id"] == tenants.a.account_id:
        return True
    reads = any(name == table.name for name, _ in READ_POLICIES)
    column = table.person or ("user_id" if reads else None)
    return bool(column and person and row[column] == person_id)


@pytest.mark.parametrize("context", CONTEXTS)
def test_select(tenants: TenantPair, table: Table, context: str) -> None:
    own, foreign, person_id = (
        tenants.rows(table, tenants.a),
        tenants.rows(table, tenants.b),
        _person(tenants, table),
    )
    with _connect_as(tenants, context, table) as connection:
        assert _count(connection, table, foreign) == 0, "rows of B are seen"
        expected = sum(_is_visible(tenants, table, context, row, person_id) for row in own)
        assert _count(connection, table, own) == expected, "A sees not exactly its own rows"
        rows = connection.execute(sql.SQL("select x::text from {} x").format(sql.Identifier(table.name))).fetchall()
        assert len(rows) == expected, "rows of somebody else are seen"
        assert tenants.leaks(str(rows), *tenants.known_texts) == []


@pytest.mark.parametrize("context", CONTEXTS)
def test_update(tenants: TenantPair, table: Table, context: str) -> None:
    own, foreign, person_id = (
        tenants.rows(table, tenants.a),
        tenants.rows(table, tenants.b),
        _person(tenants, table),
    )
    column = sql.Identifier(next(iter(table.columns)))
    name = sql.Identifier(table.name)
    with _connect_as(tenants, context, table) as connection:
        count = connection.execute(sql.SQL("update {} set {} = {}").format(name, column, column)).rowcount
        reads = {name for name, _ in READ_POLICIES}
        expected = sum(
            _is_visible(tenants, table, context, row, person_id)
            for row in own
            if table.name not in reads or CONTEXTS[context][0]
        )
        assert count == expected, "A changes not exactly its own rows"
    moves: dict[str, Any] = {}
    if table.of_account:
        moves["account_id"] = tenants.b.account_id
    if table.person:
        moves[table.person] = tenants.b.tenant.user_id
    for owner_column, to in moves.items():
        query = sql.SQL("update {} set {} = %s where {} is not null").format(name, *[sql.Identifier(owner_column)] * 2)
        with _connect_as(tenants, context, table) as connection:
            try:
                assert connection.execute(query, [to]).rowcount == 0, "rows of A are given to B"
            except InsufficientPrivilege:
                continue  # by the policy: every right is granted
    assert tenants.rows(table, tenants.b) == foreign


@pytest.mark.parametrize("context", CONTEXTS)
def test_delete(tenants: TenantPair, table: Table, context: str) -> None:
    foreign = tenants.rows(table, tenants.b)
    keys = sql.SQL(" and ").join(sql.SQL("{} = {}").format(sql.Identifier(key), sql.Placeholder()) for key in table.key)
    query = sql.SQL("delete from {} where {}").format(sql.Identifier(table.name), keys)
    with _connect_as(tenants, context, table) as connection:
        for row in foreign:
            assert connection.execute(query, [row[key] for key in table.key]).rowcount == 0, "rows of B are deleted"


@pytest.mark.parametrize("context", CONTEXTS)
def test_insert(tenants: TenantPair, table: Table, context: str) -> None:
    """A row of B is refused, and the refusal is the same whether B has it or not."""
    foreign = tenants.rows(table, tenants.b)[0]
    owner_columns = {"account_id", table.person}
    fresh = foreign | {key: _other_value(foreign[key]) for key in table.key if key not in owner_columns}
    errors = []
    for row in (foreign, fresh):
        with (
            _connect_as(tenants, context, table) as connection,
            pytest.raises(InsufficientPrivilege, match="row-level security") as error,
        ):
            insert(connection, table.name, row)
        errors.append((error.value.sqlstate, error.value.diag.message_primary, error.value.diag.message_detail))
    assert errors[0] == errors[1]
    assert tenants.leaks(str(errors)) == []


def _other_value(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, UUID):
        return uuid4()
    return value + 1_000 if isinstance(value, int) else f"{value}x" if isinstance(value, str) else bytes(32)


def test_the_owner_of_the_tables_is_bound_too(tenants: TenantPair, table: Table) -> None:
    """FORCE: what migrations or a stolen owner's login would see without an account."""
    for account in (None, tenants.a):
        with tenants.connection.transaction(force_rollback=True):
            execute = tenants.connection.execute
            execute("select set_config('app.account_id', %s, true)", [str(account.account_id) if account else ""])
            execute("set local role quantum_owner")
            rows = execute(sql.SQL("select x::text from {} x").format(sql.Identifier("public", table.name))).fetchall()
            assert tenants.leaks(str(rows), *tenants.known_texts) == []
            assert account or rows == []


def test_a_key_that_is_taken_tells_nothing(tenants: TenantPair, table: Table) -> None:
    """Keys without the account in them are checked across accounts, whatever the policies say."""
    for columns, key, kind in tenants.connection.execute(
        "select array_agg(attname::text order by array_position(indkey::int2[], attnum)), relname,"
        " bool_and(format_type(atttypid, atttypmod) = 'uuid')"
        " from pg_index join pg_class on pg_class.oid = indexrelid"
        " join pg_attribute on attrelid = indrelid and attnum = any(indkey)"
        " where indisunique and indrelid = %s::regclass group by relname",
        [table.name],
    ).fetchall():
        if "account_id" in columns or (table.person in columns and table.person != "id") or kind:
            continue  # an account's own, a person's own, or ids that nobody can guess
        assert (table.name, ", ".join(columns)) in TELLING, f"{key} tells whether another account has {columns}"


def test_what_a_taken_key_tells(tenants: TenantPair, table: Table) -> None:
    """The error of a key on the list says that it is taken, and nothing of who has it."""
    own, foreign = tenants.rows(table, tenants.a)[0], tenants.rows(table, tenants.b)[0]
    for (name, columns), reason in TELLING.items():
        if name != table.name:
            continue
        assert reason
        key_values = {column: foreign[column] for column in columns.split(", ")}
        if None in key_values.values():
            continue
        fresh = {key: _other_value(own[key]) for key in table.key if key not in {"account_id", "user_id", *key_values}}
        if name == "users":
            continue  # a new person is another person: the policy refuses before the key does
        with (
            _connect_as(tenants, "both", table) as connection,
            pytest.raises((UniqueViolation, InsufficientPrivilege)) as error,
        ):
            insert(connection, table.name, own | fresh | key_values)
        assert tenants.leaks(str(error.value), *map(str, key_values.values())) == []


def test_the_list_of_telling_keys_is_true(tenants: TenantPair) -> None:
    columns = {(table.name, column) for table in tenants.tables for column in table.columns}
    assert {(name, column) for name, keys in TELLING for column in keys.split(", ")} <= columns
    assert {table.name for table in tenants.tables} == set(Base.metadata.tables)
