"""One account never sees, changes or points at another's rows: by the catalog, and tried on every table."""

import asyncio
from typing import Any
from uuid import UUID

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from sqlalchemy import NullPool, create_engine, text

from quantum_app.db.models import Base
from quantum_app.db.session import (
    account_session,
    dispose,
    public_session,
    sqlalchemy_url,
    system_session,
    user_session,
)
from quantum_app.domain.calls import service as calls
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.flows import service as flows
from quantum_app.domain.flows.drafts import Change
from quantum_app.domain.flows.service import Writer
from quantum_app.errors import NotFound
from quantum_app.kit.ids import new_id, random_id
from quantum_app.settings import settings
from tests.db.catalog import PERSON_TABLES, account_tables, findings
from tests.db.tenants import (
    Tenant,
    call,
    checkpoint,
    create_tenant,
    draw,
    event,
    export,
    furnish_person,
    know,
    mail,
    slot_event,
    turn,
    usage,
)
from tests.stack import Stack

pytestmark = pytest.mark.service


def test_catalog(superuser: psycopg.Connection) -> None:
    assert findings(superuser) == []


_SOUND_TABLE = """
    create table bad (account_id uuid not null references accounts, id uuid, primary key (account_id, id));
    alter table bad owner to quantum_owner;
    alter table bad enable row level security;
    alter table bad force row level security;
    create policy isolation on bad
        using (account_id = (select nullif(current_setting('app.account_id', true), '')::uuid))
        with check (account_id = (select nullif(current_setting('app.account_id', true), '')::uuid));
    grant select, insert on bad to quantum_app;
    """
_MISTAKES = {
    "alter table bad disable row level security": ["bad: row-level security is off"],
    "alter table bad no force row level security": ["bad: row-level security does not bind its owner"],
    "drop policy isolation on bad": ["bad: no policy for every command and everybody"],
    "alter policy isolation on bad with check (true)": [
        "bad: policy isolation does not compare account_id with app.account_id on writing"
    ],
    "alter policy isolation on bad using (account_id = current_setting('app.account_id')::uuid)": [
        "bad: policy isolation does not compare account_id with app.account_id on reading"
    ],
    "create policy more on bad for select using (true)": [
        "bad: policy more does not compare account_id with app.account_id on reading",
        "bad: policy more does not compare account_id with app.account_id on writing",
    ],
    "alter table bad drop constraint bad_pkey": ["bad: no index begins with account_id"],
    "alter table bad drop column account_id cascade": ["bad: neither has account_id nor is a named table of persons"],
    "alter table campaigns add unique (id);"
    "alter table bad add constraint plain foreign key (id) references campaigns (id)": [
        "bad: foreign key plain can point into another account"
    ],
    "create view seen as select * from campaigns": [
        "seen: a view or foreign table, which row-level security does not reach",
        "seen: belongs to postgres",
    ],
    "grant truncate on bad to quantum_app": ["bad: quantum_app may TRUNCATE it whole"],
    "grant delete on bad to quantum_app": ["bad: quantum_app may DELETE it whole"],
    "grant update (account_id) on bad to quantum_app": ["bad: quantum_app may change the key account_id"],
    "grant select on bad to public": ["bad: everybody may SELECT it"],
    "grant create on schema api to quantum_app": ["api: quantum_app may create in this schema"],
    "grant select on bad to quantum_sweeper": ["bad: quantum_sweeper may SELECT it whole"],
    "grant select on migration.alembic_version to quantum_app": [
        "migration.alembic_version: quantum_app may SELECT it whole"
    ],
    "alter table bad owner to quantum_app": ["bad: belongs to quantum_app", "quantum_app: owns something in pg_class"],
    "alter table users no force row level security": ["users: row-level security does not bind its owner"],
    "grant quantum_system to quantum_owner with inherit true": ["quantum_owner: is a member of quantum_system"],
    "alter role quantum_app bypassrls": ["quantum_app: bypasses row-level security"],
    "alter role quantum_system login": ["quantum_system: can log in"],
    "grant quantum_system to quantum_app": ["quantum_app: is a member of quantum_system"],
    "grant pg_read_all_data to quantum_app": ["quantum_app: is a member of pg_read_all_data"],
    "create role other bypassrls": ["other: bypasses row-level security"],
    "create function api.all_calls() returns bigint language sql security definer as 'select 1::bigint'": [
        "api.all_calls: a function that is not on the list"
    ],
    "alter function api.open_calls reset search_path": ["open_calls: its search_path is not fixed"],
    "alter policy own on outbox using (true)": ["outbox: policy own does not keep persons apart"],
    "drop index ix_outbox_user_id_id": ["outbox: no index begins with user_id"],
    "create table jobs.names (name text)": [
        "jobs.names: a table that is not on the list",
        "jobs.names: belongs to postgres",
    ],
    "grant update (args) on jobs.procrastinate_jobs to quantum_app": [
        "jobs.procrastinate_jobs: quantum_app may change args"
    ],
    "grant select on jobs.procrastinate_jobs to quantum_sweeper": [
        "jobs.procrastinate_jobs: quantum_sweeper may SELECT it whole"
    ],
    "grant create on schema jobs to quantum_app": ["jobs: quantum_app may create in this schema"],
    "grant execute on function jobs.procrastinate_register_worker_v1 to public": [
        "jobs.procrastinate_register_worker_v1: belongs to quantum_owner, runs with their rights: False, "
        "may be called by ['quantum_app', 'everybody']"
    ],
    "grant execute on function api.open_calls to quantum_app": [
        "open_calls: may be called by ['quantum_sweeper', 'quantum_app'], not by quantum_sweeper alone"
    ],
}


def test_catalog_accepts_a_good_table(superuser: psycopg.Connection) -> None:
    superuser.execute(_SOUND_TABLE)
    assert findings(superuser) == []


@pytest.mark.parametrize("mistake", _MISTAKES)
def test_catalog_names_a_mistake(superuser: psycopg.Connection, mistake: str) -> None:
    superuser.execute(_SOUND_TABLE)
    superuser.execute(mistake.encode())
    problems = findings(superuser)
    assert set(_MISTAKES[mistake]) <= set(problems)
    # A role that can do more is reported in more places; a table is told exactly.
    assert not mistake.startswith(("alter table bad", "alter policy isolation")) or {
        line.split(":")[0] for line in problems
    } <= {
        "bad",
        "quantum_app",
    }


def test_models_are_what_migrations_make(database: Stack) -> None:
    engine = create_engine(sqlalchemy_url(settings().database.owner_url.get_secret_value()), poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


_SHAPE = """
    select 'column', attrelid::regclass::text, attname::text, format_type(atttypid, atttypmod), attnotnull,
        (select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = attrelid and adnum = attnum)
    from pg_attribute join pg_class on pg_class.oid = attrelid
    where relnamespace = %(schema)s::text::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped
    union all
    select 'constraint', conrelid::regclass::text, conname::text, pg_get_constraintdef(oid), true, null
    from pg_constraint where connamespace = %(schema)s::text::regnamespace
    union all
    select 'index', tablename, indexname, replace(indexdef, %(schema)s::text || '.', ''), true, null
    from pg_indexes where schemaname = %(schema)s::text
    """


def test_models_have_the_checks_and_defaults_of_migrations(database: Stack) -> None:
    """Alembic compares neither; the catalog does."""
    engine = create_engine(sqlalchemy_url(database.superuser_url), poolclass=NullPool)
    with engine.connect() as connection:
        shapes: list[set[tuple[Any, ...]]] = []
        connection.execute(text("create schema models"))
        for schema in ("public", "models"):
            # The extension's types are in public.
            connection.execute(text(f"set local search_path = {schema}, public"))
            if schema == "models":
                Base.metadata.create_all(connection, checkfirst=False)
            rows = connection.exec_driver_sql(_SHAPE, {"schema": schema})
            shapes.append({tuple(row) for row in rows})
        connection.rollback()
    assert shapes[0] == shapes[1]


@pytest.fixture(scope="module")
def pair(database: Stack) -> tuple[Tenant, Tenant]:
    """Two accounts with a row in every table."""

    async def make() -> tuple[Tenant, Tenant]:
        try:
            return await _furnish(), await _furnish()
        finally:
            await dispose()

    return asyncio.run(make())


async def _furnish() -> Tenant:
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
    await export(tenant)
    await mail(tenant)
    return tenant


def _as_app(connection: psycopg.Connection, account_id: UUID | None) -> None:
    """Become the product with every right on every table: row-level security alone has to hold."""
    connection.execute("grant select, insert, update, delete on all tables in schema public to quantum_app")
    connection.execute("select set_config('app.account_id', %s, true)", [str(account_id or "")])
    connection.execute("set local role quantum_app")


def _rows(connection: psycopg.Connection, table: str, account_id: UUID) -> list[dict[str, Any]]:
    query = sql.SQL("select * from {} where account_id = %s").format(sql.Identifier(table))
    return connection.cursor(row_factory=dict_row).execute(query, [account_id]).fetchall()


def _insert(connection: psycopg.Connection, table: str, row: dict[str, Any]) -> None:
    row = {name: value for name, value in row.items() if Base.metadata.tables[table].columns[name].computed is None}
    values = [Jsonb(value) if isinstance(value, dict) else value for value in row.values()]
    query = sql.SQL("insert into {} ({}) values ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(sql.Placeholder() * len(row)),
    )
    connection.execute(query, values)


def test_nothing_crosses_on_any_table(superuser: psycopg.Connection, pair: tuple[Tenant, Tenant]) -> None:
    own_id, foreign_id = pair[0].account_id, pair[1].account_id
    tables = account_tables(superuser)
    foreign = {table: _rows(superuser, table, foreign_id) for table in tables}
    assert all(foreign.values()), "every table has to have rows, or this proves nothing"
    _as_app(superuser, own_id)
    for table in tables:
        name = sql.Identifier(table)
        assert _rows(superuser, table, own_id), table
        assert _rows(superuser, table, foreign_id) == [], table
        for statement in (
            "update {} set account_id = account_id where account_id = %s",
            "delete from {} where account_id = %s",
        ):
            assert superuser.execute(sql.SQL(statement).format(name), [foreign_id]).rowcount == 0, table
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"), superuser.transaction():
            _insert(superuser, table, foreign[table][0])
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"), superuser.transaction():
            superuser.execute(
                sql.SQL("update {} set account_id = %s where account_id = %s").format(name), [foreign_id, own_id]
            )
    superuser.execute("reset role")
    assert {table: _rows(superuser, table, foreign_id) for table in tables} == foreign


def test_without_an_account_nothing_is_there(superuser: psycopg.Connection, pair: tuple[Tenant, Tenant]) -> None:
    rows = {table: _rows(superuser, table, pair[0].account_id) for table in account_tables(superuser)}
    _as_app(superuser, None)
    for table, samples in rows.items():
        name = sql.Identifier(table)
        assert superuser.execute(sql.SQL("select count(*) from {}").format(name)).fetchone() == (0,), table
        assert superuser.execute(sql.SQL("delete from {}").format(name)).rowcount == 0, table
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"), superuser.transaction():
            _insert(superuser, table, samples[0])


@pytest.mark.parametrize("role", ["quantum_owner", "quantum_sweeper", "quantum_system"])
def test_other_roles_write_nothing(superuser: psycopg.Connection, pair: tuple[Tenant, Tenant], role: str) -> None:
    """The owner without an account is bound like everybody; the others have no rights to use."""
    tables = [*account_tables(superuser), *PERSON_TABLES]
    superuser.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
    for table in tables:
        name = sql.Identifier("public", table)
        if role == "quantum_owner":
            assert superuser.execute(sql.SQL("select count(*) from {}").format(name)).fetchone() == (0,), table
            assert superuser.execute(sql.SQL("delete from {}").format(name)).rowcount == 0, table
        else:
            verbs = ["insert into {} default values", "truncate {}"]
            if role != "quantum_system":  # which nobody logs in as, and whose functions purge
                verbs.append("delete from {}")
            for verb in verbs:
                with pytest.raises(psycopg.errors.InsufficientPrivilege), superuser.transaction():
                    superuser.execute(sql.SQL(verb).format(name))


def _crossings(connection: psycopg.Connection) -> list[tuple[str, str, list[str], list[str], str, list[str]]]:
    """(table, key, its columns, the table's primary key, target, the target's columns), keys to `accounts` left out."""
    names = (
        "(select array_agg(attname::text order by n) from unnest({}) with ordinality k(num, n)"
        " join pg_attribute on attrelid = {} and attnum = num)"
    )
    return connection.execute(
        f"select c.conrelid::regclass::text, c.conname, {names.format('c.conkey', 'c.conrelid')},"  # type: ignore[arg-type]
        f" {names.format('p.conkey', 'p.conrelid')}, c.confrelid::regclass::text,"
        f" {names.format('c.confkey', 'c.confrelid')}"
        " from pg_constraint c join pg_constraint p on p.conrelid = c.conrelid and p.contype = 'p'"
        " where c.contype = 'f' and c.connamespace = 'public'::regnamespace and cardinality(c.conkey) > 1"
    ).fetchall()


def test_no_row_points_into_another_account(superuser: psycopg.Connection, pair: tuple[Tenant, Tenant]) -> None:
    """As a superuser, whom no policy binds: the keys themselves refuse."""
    own_id, foreign_id = pair[0].account_id, pair[1].account_id
    crossings = _crossings(superuser)
    assert len(crossings) >= 8
    for table, key, columns, primary, target, target_columns in crossings:
        row, other = _rows(superuser, table, own_id)[0], _rows(superuser, target, foreign_id)[0]
        values = {
            column: other[target_column]
            for column, target_column in zip(columns, target_columns, strict=True)
            if column != "account_id"
        }
        with pytest.raises(psycopg.errors.ForeignKeyViolation) as error, superuser.transaction():
            _point(superuser, table, row, values, with_new_row=bool(values.keys() & set(primary)))
        # A row that others point at is held by their keys, too.
        assert error.value.diag.constraint_name in {key, *(name for _, name, _, _, end, _ in crossings if end == table)}


def _point(
    connection: psycopg.Connection, table: str, row: dict[str, Any], values: dict[str, Any], *, with_new_row: bool
) -> None:
    """Point the account's row elsewhere; whole: with a new row, because its own key takes part."""
    if with_new_row:
        fresh = {"public_id": random_id("cmp")} if "public_id" in row else {}
        _insert(connection, table, row | values | fresh)
        return
    query = sql.SQL("update {} set {} where account_id = %s").format(
        sql.Identifier(table), sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in values)
    )
    connection.execute(query, [*values.values(), row["account_id"]])


async def test_services_find_nothing_of_another_account(pair: tuple[Tenant, Tenant]) -> None:
    tenant, other = pair
    call_id = await call(other)
    async with account_session(tenant.account_id) as session:
        with pytest.raises(NotFound):
            await calls.get_briefing(session, call_id)
        with pytest.raises(NotFound):
            await calls.get_detail(session, call_id)
        with pytest.raises(NotFound):
            await calls.rate(session, call_id, 5)
        with pytest.raises(NotFound):
            await calls.mark_answered(session, call_id)
        with pytest.raises(NotFound):
            await calls.record(session, tenant.account_id, [turn(call_id, 1)])
        with pytest.raises(NotFound):
            await calls.record(session, other.account_id, [turn(call_id, 1)])
        with pytest.raises(NotFound):
            await campaigns.get_snapshot(session, other.campaign.campaign_id)
        with pytest.raises(NotFound):
            await campaigns.pause(session, tenant.account_id, tenant.actor, other.campaign.campaign_id)
        with pytest.raises(NotFound):
            await campaigns.update(
                session, tenant.account_id, tenant.actor, other.campaign.campaign_id, name="Mine", assistant_name="Me"
            )
        with pytest.raises(NotFound):
            await flows.view(session, other.campaign.campaign_id)
        with pytest.raises(NotFound):
            await flows.definition_of(session, other.campaign.campaign_id, 1)
        for account_id in (tenant.account_id, other.account_id):
            writer = Writer(account_id, tenant.actor, "tab")
            with pytest.raises(NotFound):
                await flows.change(session, writer, other.campaign.campaign_id, Change(), revision=1)
            with pytest.raises(NotFound):
                await flows.publish(session, writer, other.campaign.campaign_id, revision=1, note="", problems=())
        assert call_id not in {item.call_id for item in (await calls.list_calls(session)).calls}
    async with account_session(other.account_id) as session:
        assert (await campaigns.get_snapshot(session, other.campaign.campaign_id)).active
        assert (await calls.get_detail(session, call_id)).turns == ()


async def test_a_person_sees_their_own_rows(pair: tuple[Tenant, Tenant]) -> None:
    tenant, _ = pair
    for column, table in (("id", "users"), ("user_id", "login_sessions"), ("user_id", "memberships")):
        async with user_session(tenant.user_id) as session:
            assert list(await session.scalars(text(f"select {column} from {table}"))) == [tenant.user_id]
        async with user_session(new_id()) as session:
            assert list(await session.scalars(text(f"select {column} from {table}"))) == []
    for table in ("users", "login_sessions"):
        async with account_session(tenant.account_id) as session:
            assert await session.scalar(text(f"select count(*) from {table}")) == 0
        async with public_session() as session:
            assert await session.scalar(text(f"select count(*) from {table}")) == 0


def test_mail_belongs_to_one_account_or_one_person(superuser: psycopg.Connection, pair: tuple[Tenant, Tenant]) -> None:
    tenant, other = pair
    row = superuser.cursor(row_factory=dict_row).execute("select * from outbox limit 1").fetchone()
    assert row
    for account_id, user_id in ((None, None), (tenant.account_id, tenant.user_id)):
        fresh = {"id": new_id(), "idempotency_key": str(new_id()), "account_id": account_id, "user_id": user_id}
        with pytest.raises(psycopg.errors.CheckViolation, match="ck_outbox_owner"), superuser.transaction():
            _insert(superuser, "outbox", row | fresh)
    _as_app(superuser, None)
    superuser.execute("select set_config('app.user_id', %s, true)", [str(tenant.user_id)])
    assert set(superuser.execute("select user_id, account_id from outbox").fetchall()) == {(tenant.user_id, None)}
    assert superuser.execute("delete from outbox where user_id = %s", [other.user_id]).rowcount == 0
    for change in ({"user_id": other.user_id}, {"user_id": None, "account_id": other.account_id}):
        fresh = {"id": new_id(), "idempotency_key": str(new_id()), "account_id": None, **change}
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"), superuser.transaction():
            _insert(superuser, "outbox", row | fresh)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"), superuser.transaction():
        superuser.execute("update outbox set user_id = %s", [other.user_id])


async def test_only_named_modules_look_across_accounts() -> None:
    with pytest.raises(PermissionError):
        async with system_session(__name__, "curiosity"):
            pass
