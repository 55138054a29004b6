"""Two accounts with everything in them, one of which carries a canary in every text: whatever shows one has leaked.

Everything here is made from the catalog, so a new table, column or identifier takes part by itself.
"""

import asyncio
import re
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from quantum_app.db.session import account_session, dispose
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.calls import service as calls
from quantum_app.domain.identity import api_tokens
from quantum_app.domain.identity.service import token_digest
from quantum_app.kit import ids
from quantum_app.kit.ids import new_id
from quantum_app.settings import ROOT, settings
from tests.db.tenants import (
    Tenant,
    call,
    checkpoint,
    create_tenant,
    draw,
    event,
    furnish_person,
    know,
    mail,
    slot_event,
    turn,
    usage,
)
from tests.isolation.schema import Table, any_value, insert, tables

# What a caller's page shows to everybody who has the campaign's public id.
PUBLIC_COLUMNS = {
    ("accounts", "name"),
    ("campaigns", "public_id"),
    ("campaigns", "name"),
    ("campaigns", "assistant_name"),
    ("campaigns", "language"),
    ("campaigns", "consent_text"),
    ("campaigns", "consent_version"),
}
# Texts that the product could not read back if they were changed. They are unique as they are, and count as canaries.
FIXED_COLUMNS = {("campaigns", "public_id"), ("users", "password_hash"), ("signups", "password_hash")}
# Objects of a fixed shape, of numbers.
NUMBERS = {("call_transcripts", "latency")}


@dataclass
class Side:
    """One account. people: its persons, and those who are about to become some."""

    tenant: Tenant
    people: list[UUID]

    @property
    def account_id(self) -> UUID:
        return self.tenant.account_id


@dataclass
class Login:
    """How somebody of account A comes in."""

    user_id: UUID
    browser_id: UUID = field(default_factory=new_id)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    api_token: str = field(default_factory=api_tokens.new_text)

    @property
    def cookie(self) -> str:
        return f"{settings().cookie_name}={self.token}"

    @property
    def bearer(self) -> str:
        return f"Bearer {self.api_token}"


@dataclass
class TenantPair:
    """Account A, whose people try things, and account B, which has to stay untouched and unseen.

    canaries: text → the column that it is in. public_texts: those that a caller's page shows. stranger: B's own owner,
    to see that what is looked for would be found.
    """

    connection: psycopg.Connection
    tables: list[Table]
    a: Side
    b: Side
    logins: dict[Role, Login]
    canaries: dict[str, str]
    public_texts: set[str]
    stranger: Login

    @cached_property
    def entities(self) -> dict[str, UUID]:
        """One id of B by what it is of: the column `id`, or the only part of the key that is its own."""
        ids_by_name = {"account": self.b.account_id, "user": self.b.tenant.user_id}
        for table in self.tables:
            if "id" in table.columns and table.name != "users":
                ids_by_name[table.name] = self.rows(table, self.b)[0]["id"]
        return ids_by_name

    @cached_property
    def prefixes(self) -> dict[str, list[str]]:
        """The prefixes of public ids, and which entities each may be of; all of them for one that nobody named here."""
        names_by_prefix = {
            "acc": ["account"],
            "call": ["call_sessions"],
            "case": ["flow_cases"],
            "cmp": ["campaigns"],
            "doc": ["knowledge_documents"],
            "kb": ["knowledge_bases"],
            "tok": ["api_tokens"],
            "draft": ["flow_earlier_drafts"],
            "usr": ["user"],
        }
        prefixes: set[str] = set()
        for path in (ROOT / "quantum_app").rglob("*.py"):
            prefixes |= set(re.findall(r"\bids\.(?:en|de)code\(\s*\"([a-z]+)\"", path.read_text()))
        return {
            prefix: names_by_prefix.get(prefix, list(self.entities))
            for prefix in sorted(prefixes | names_by_prefix.keys())
        }

    @cached_property
    def email(self) -> str:
        """The address of B's owner, which is a canary too."""
        row = self.connection.execute("select email from users where id = %s", [self.b.tenant.user_id]).fetchone()
        assert row
        return row[0]

    @cached_property
    def known_texts(self) -> set[str]:
        """What the people of A know of B, and send: it comes back in addresses, and in what they write down."""
        pairs = {pair.real for pair in self.identifiers()}
        return pairs | {self.email} | {canary for canary, column in self.canaries.items() if column == "an id"}

    def identifiers(self) -> list["Pair"]:
        """Every way to name something of B, with the same thing that does not exist."""
        unknown = {name: new_id() for name in self.entities}
        public = self.b.tenant.campaign.public_id
        # One in four is the text of an id, too: what does not exist is of the same kind.
        other = ids.random_id("cmp")
        while (ids.decode("cmp", other) is None) != (ids.decode("cmp", public) is None):
            other = ids.random_id("cmp")
        pairs = [Pair("public_id campaign", public, other)]
        for prefix, names in self.prefixes.items():
            for name in names:
                pairs.append(
                    Pair(f"{prefix} {name}", ids.encode(prefix, self.entities[name]), ids.encode(prefix, unknown[name]))
                )
        pairs += [Pair(name, str(value), str(unknown[name])) for name, value in self.entities.items()]
        return pairs

    def rows(self, table: Table, side: Side) -> list[dict[str, Any]]:
        """The side's rows of a table, as a superuser sees them."""
        query = sql.SQL("select * from {} x where {} order by x::text")
        cursor = self.connection.cursor(row_factory=dict_row)
        return cursor.execute(query.format(sql.Identifier(table.name), _condition(table, side))).fetchall()

    def digest(self) -> Counter[tuple[str, str]]:
        """What B is: (table, hash) of each of its rows."""
        query = sql.SQL(" union all ").join(
            sql.SQL("select {}, md5(x::text) from {} x where {}").format(
                sql.Literal(table.name), sql.Identifier(table.name), _condition(table, self.b)
            )
            for table in self.tables
        )
        return Counter(self.connection.execute(query).fetchall())

    def mark(self) -> dict[str, tuple[int, int]]:
        """How many rows B has in each table, and the last transaction that wrote one of them."""
        return {name: (count, last) for name, count, last in self.connection.execute(self._marks)}

    @cached_property
    def _marks(self) -> sql.Composed:
        return sql.SQL(" union all ").join(
            sql.SQL("select {}, count(*), coalesce(max(x.xmin::text::bigint), 0) from {} x where {}").format(
                sql.Literal(table.name), sql.Identifier(table.name), _condition(table, self.b)
            )
            for table in self.tables
        )

    def writes_since(self, since: dict[str, tuple[int, int]]) -> tuple[set[str], set[str]]:
        """(tables with rows of B that are gone or written anew, tables with rows that were added) since a mark."""
        updates, inserts = set(), set()
        now = self.mark()
        for table in self.tables:
            count, last = since[table.name]
            if now[table.name] != (count, last):
                query = sql.SQL("select count(*) from {} x where {} and x.xmin::text::bigint <= {}")
                old_count = self.connection.execute(
                    query.format(sql.Identifier(table.name), _condition(table, self.b), last)
                ).fetchone()
                (inserts if old_count == (count,) else updates).add(table.name)
        return updates, inserts

    def leaks(self, text: str, *inputs: str) -> list[str]:
        """The columns of B that show in a text, and are not merely what was sent there."""
        input_text = " ".join(inputs)
        return sorted(
            {column for canary, column in self.canaries.items() if canary in text and canary not in input_text}
        )

    def mend(self) -> None:
        """Account A as it was: its people, their roles and logins. What was tried may have changed it, as it may."""
        with self.connection.transaction():
            self.connection.execute(
                "update accounts set deleted_at = null, second_factor_required = false"
                " where account_id = %s and (deleted_at is not null or second_factor_required)",
                [self.a.account_id],
            )
            self.connection.execute(
                "insert into memberships (account_id, user_id, role)"
                " select %s, * from unnest(%s::uuid[], %s::text[])"
                " on conflict (account_id, user_id) do update set role = excluded.role"
                " where memberships.role <> excluded.role",
                [
                    self.a.account_id,
                    [login.user_id for login in self.logins.values()],
                    [str(role) for role in self.logins],
                ],
            )
            self.connection.execute(
                "update users set password_hash = null where id = any(%s) and password_hash is not null",
                [[login.user_id for role, login in self.logins.items() if role is not Role.OWNER]],
            )
            _log_in(self.connection, self.a.account_id, *self.logins.values())


@dataclass(frozen=True)
class Pair:
    """Something of B, and the same that does not exist. what: for choosing, and for a failure to name."""

    label: str
    real: str
    unknown: str

    def rank(self, name: str) -> int:
        """How likely a parameter of this name wants it: 0 is the likeliest."""
        singular = name.removesuffix("_id").rstrip("s")
        return 0 if self.label.split()[0] in (name, singular) else 1 if singular in self.label else 2


def create_pair(superuser_url: str) -> TenantPair:
    """Both accounts, new ones. As a superuser for what no product function would do: canaries everywhere."""
    connection = psycopg.connect(superuser_url, autocommit=True)
    all_tables = tables(connection)

    async def furnish() -> tuple[Tenant, Tenant]:
        try:
            return await _create_furnished_tenant(), await _create_furnished_tenant()
        finally:
            await dispose()

    a, b = (Side(tenant, _people(connection, tenant)) for tenant in asyncio.run(furnish()))
    for side in (a, b):
        for table in all_tables:
            _fill(connection, table, side)
    canaries, public_texts = _plant(connection, all_tables, b)
    stranger = Login(b.tenant.user_id)
    tenants = TenantPair(connection, all_tables, a, b, _logins(connection, a), canaries, public_texts, stranger)
    for value in tenants.entities.values():
        canaries[str(value)] = canaries[value.hex] = "an id"
    for prefix in tenants.prefixes:
        canaries |= {ids.encode(prefix, value): "an id" for value in tenants.entities.values()}
    tenants.mend()
    _log_in(connection, b.account_id, stranger)
    assert tenants.known_texts  # looked up now: tests ask as somebody who cannot
    return tenants


async def _create_furnished_tenant() -> Tenant:
    tenant = await create_tenant()
    call_id = await call(tenant)
    async with account_session(tenant.account_id) as session:
        records = [
            turn(call_id, 1),
            event(call_id, 2),
            slot_event(call_id, 3),
            usage(call_id, 4),
            checkpoint(call_id, 5),
        ]
        await calls.record(session, tenant.account_id, records)
    await furnish_person(tenant)
    await draw(tenant)
    await know(tenant)
    await mail(tenant)
    return tenant


def _people(connection: psycopg.Connection, tenant: Tenant) -> list[UUID]:
    rows = connection.execute("select id from signups where email = %s", [f"next-{tenant.user_id}@example.com"])
    return [tenant.user_id, *(row[0] for row in rows)]


def _condition(table: Table, side: Side) -> sql.Composed:
    """The condition for a side's rows of `x`."""
    conditions: list[sql.Composable] = []
    if table.of_account:
        conditions.append(sql.SQL("x.account_id = {}").format(side.account_id))
    if table.person:
        conditions.append(sql.SQL("x.{} = any({})").format(sql.Identifier(table.person), side.people))
    assert conditions, f"{table.name}: whose are its rows? (tests/db/catalog.py)"
    return sql.SQL("({})").format(sql.SQL(" or ").join(conditions))


def _fill(connection: psycopg.Connection, table: Table, side: Side) -> None:
    """A row in a table that the product's own functions left empty, from what the catalog says of it."""
    name = sql.Identifier(table.name)
    query = sql.SQL("select exists (select from {} x where {})").format(name, _condition(table, side))
    if connection.execute(query).fetchone() == (True,):
        return
    row: dict[str, Any] = {}
    for columns, target, target_columns in connection.execute(
        "select (select array_agg(attname::text order by n) from unnest(conkey) with ordinality k(num, n)"
        " join pg_attribute on attrelid = conrelid and attnum = num), confrelid::regclass::text,"
        " (select array_agg(attname::text order by n) from unnest(confkey) with ordinality k(num, n)"
        " join pg_attribute on attrelid = confrelid and attnum = num)"
        " from pg_constraint where contype = 'f' and conrelid = %s::regclass",
        [table.name],
    ).fetchall():
        target_table = next(table for table in tables(connection) if table.name == target)
        target_row = connection.cursor(row_factory=dict_row).execute(
            sql.SQL("select * from {} x where {}").format(sql.Identifier(target), _condition(target_table, side))
        ).fetchone()  # fmt: skip
        assert target_row
        row |= {column: target_row[other] for column, other in zip(columns, target_columns, strict=True)}
    words = dict(
        connection.execute(
            "select attname::text, substring(pg_get_constraintdef(c.oid) from '''([^'']+)''::text')"
            " from pg_constraint c join pg_attribute on attrelid = conrelid and attnum = conkey[1]"
            " where contype = 'c' and conrelid = %s::regclass and cardinality(conkey) = 1",
            [table.name],
        ).fetchall()
    )
    for column, kind, is_required in connection.execute(
        "select attname::text, format_type(atttypid, atttypmod), attnotnull and not atthasdef from pg_attribute"
        " where attrelid = %s::regclass and attnum > 0 and not attisdropped",
        [table.name],
    ).fetchall():
        if column in row or not is_required:
            continue
        if column == table.person:
            row[column] = side.tenant.user_id
        elif column == "account_id":
            row[column] = side.account_id
        else:
            row[column] = words.get(column) or any_value(kind)
    insert(connection, table.name, row)


def _plant(connection: psycopg.Connection, all_tables: Iterable[Table], side: Side) -> tuple[dict[str, str], set[str]]:
    """A text of its own in every text of every row; where a constraint wants a certain word, it stays."""
    canaries: dict[str, str] = {}
    public_texts: set[str] = set()
    for table in all_tables:
        for column in table.texts:
            for (place,) in connection.execute(
                sql.SQL("select x.ctid from {} x where {}").format(sql.Identifier(table.name), _condition(table, side))
            ).fetchall():
                # The row moves with each change, so it is asked for again.
                canary = _canary_at(connection, table, column, place)
                if canary:
                    canaries[canary] = f"{table.name}.{column}"
                    if (table.name, column) in PUBLIC_COLUMNS:
                        public_texts.add(canary)
    return canaries, public_texts


def _canary_at(connection: psycopg.Connection, table: Table, column: str, place: str) -> str:
    name, field_ = sql.Identifier(table.name), sql.Identifier(column)
    if (table.name, column) in FIXED_COLUMNS:
        row = connection.execute(
            sql.SQL("select {} from {} where ctid = %s").format(field_, name), [place]
        ).fetchone()  # fmt: skip
        return row[0] if row and row[0] else ""
    if (table.name, column) in NUMBERS:
        return ""
    canary = f"qvcanary{secrets.token_hex(10)}"
    if "email" in column or column == "recipient":
        canary += "@b.example"
    change = {
        "text": sql.SQL("{}").format(canary),
        "text[]": sql.SQL("array[{}]").format(canary),
        "jsonb": sql.SQL("coalesce({}, '{{}}') || jsonb_build_object('canary', {}::text)").format(field_, canary),
    }[table.columns[column]]
    query = sql.SQL("update {} set {} = {} where ctid = %s").format(name, field_, change)
    try:
        connection.execute(query, [place])
    except psycopg.IntegrityError:
        return ""
    return canary


def _logins(connection: psycopg.Connection, side: Side) -> dict[Role, Login]:
    """One person of account A for each role; the owner is who made it."""
    logins = {}
    for role in Role:
        user_id = side.tenant.user_id if role is Role.OWNER else new_id()
        if role is not Role.OWNER:
            insert(
                connection,
                "users",
                {"id": user_id, "email": f"{role}-{user_id}@a.example", "name": f"A's {role}", "password_hash": None},
            )
        logins[role] = Login(user_id)
    return logins


def _log_in(connection: psycopg.Connection, account_id: UUID, *logins: Login) -> None:
    """In a browser and by an API token of the widest role, unless it is so."""
    people = [login.user_id for login in logins]
    connection.execute(
        "insert into login_sessions (account_id, expires_at, user_id, id, token_hash)"
        " select %s, now() + interval '1 day', * from unnest(%s::uuid[], %s::uuid[], %s::bytea[])"
        " on conflict do nothing",
        [account_id, people, [login.browser_id for login in logins], [token_digest(login.token) for login in logins]],
    )
    connection.execute(
        "insert into api_tokens (account_id, name, role, user_id, id, token_hash, last_four)"
        " select %s, 'matrix', 'admin', * from unnest(%s::uuid[], %s::uuid[], %s::bytea[], %s::text[])"
        " on conflict do nothing",
        [
            account_id,
            people,
            [new_id() for _ in logins],
            [token_digest(login.api_token) for login in logins],
            [login.api_token[-4:] for login in logins],
        ],
    )


def changes(before: Counter[tuple[str, str]], after: Counter[tuple[str, str]]) -> tuple[set[str], set[str]]:
    """(tables with rows that are gone or different, tables with rows that were added)."""
    old_rows, new_rows = before - after, after - before
    return {name for name, _ in old_rows}, {name for name, _ in new_rows} - {name for name, _ in old_rows}


def empty_tables(tenants: TenantPair) -> Iterator[str]:
    """Why these tenants would prove nothing."""
    for table in tenants.tables:
        for side, name in ((tenants.a, "A"), (tenants.b, "B")):
            if not tenants.rows(table, side):
                yield f"{table.name}: account {name} has no row"


def sorted_by_fit(pairs: Sequence[Pair], name: str) -> list[Pair]:
    """The likeliest first."""
    return sorted(pairs, key=lambda pair: pair.rank(name))
