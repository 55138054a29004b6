"""What the catalog says about isolation: every table, policy, function and role, and what is wrong with it."""

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg

APP, OWNER, SYSTEM, SWEEPER = "quantum_app", "quantum_owner", "quantum_system", "quantum_sweeper"

# Tables that belong to people, not to accounts: one person may be in several. By the column that names the person.
PERSON_TABLES = {
    "users": "id",
    "login_sessions": "user_id",
    "signups": "id",
    "one_time_tokens": "user_id",
    "recovery_codes": "user_id",
    "user_identities": "user_id",
}
# Tables whose rows belong to an account or to a person, by policies `isolation` and `own`.
MIXED_TABLES = {"outbox"}
# A person sees their own memberships before an account is chosen: reads only.
READ_POLICIES = {("memberships", "own"): "user_id"}
# The queue: not isolated, so its rows hold ids only. What the application may do with whole tables of it, and call.
QUEUE = {
    "procrastinate_jobs": {"SELECT", "INSERT", "DELETE"},
    "procrastinate_events": {"SELECT", "INSERT"},
    "procrastinate_periodic_defers": {"SELECT", "INSERT", "DELETE"},
    "procrastinate_workers": {"SELECT", "INSERT", "DELETE"},
}
QUEUE_FIXED = {"id", "task_name", "args", "queueing_lock"}  # columns of jobs that are never changed
QUEUE_FUNCTIONS = {
    "procrastinate_defer_jobs_v1",
    "procrastinate_defer_periodic_job_v2",
    "procrastinate_fetch_job_v2",
    "procrastinate_finish_job_v1",
    "procrastinate_retry_job_v2",
    "procrastinate_register_worker_v1",
    "procrastinate_unregister_worker_v1",
    "procrastinate_update_heartbeat_v1",
    "procrastinate_prune_stalled_workers_v1",
}
# The only ways across accounts, and who may take them.
FUNCTIONS = {
    "campaign_by_public_id": APP,
    "login_by_email": APP,
    "identity_by_token": APP,
    "identity_by_api_token": APP,
    "user_by_identity": APP,
    "user_of_token": APP,
    "account_of_invitation": APP,
    "members": APP,
    "accounts_of_person": APP,
    "owner_domain": APP,
    "knowledge_by_words": APP,
    "open_calls": SWEEPER,
    "purge_account": SWEEPER,
    "accounts_for_upkeep": SWEEPER,
    "remove_expired": SWEEPER,
    "waiting_messages": SWEEPER,
}
# The only rows the application takes away. It changes some columns of some tables, and never a whole table.
DELETABLE = {
    "api_tokens",
    "call_checkpoints",
    "call_events",
    "call_transcripts",
    "call_values",
    "campaign_recipients",
    "exports",
    "flow_cases",
    "flow_drafts",
    "flow_earlier_drafts",
    "flow_versions",
    "knowledge_bases",
    "knowledge_chunks",
    "knowledge_documents",
    "knowledge_versions",
    "login_sessions",
    "memberships",
    "recovery_codes",
    "signups",
    "user_identities",
}


def _condition(column: str, setting: str) -> str:
    """A policy's expression as Postgres prints it. `(select …)` runs once a query; NULLIF forgives an empty setting."""
    return (
        f"({column} = ( SELECT (NULLIF(current_setting('app.{setting}'::text, true), ''::text))::uuid AS \"nullif\"))"
    )


def account_tables(connection: psycopg.Connection) -> list[str]:
    """The tables that belong to accounts."""
    rows = connection.execute(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
        " and relname <> all(%s) order by relname",
        [list(PERSON_TABLES)],
    )
    return [name for (name,) in rows]


def findings(connection: psycopg.Connection) -> list[str]:
    """Everything that is wrong, in words that begin with the name of what has to be mended; empty when all is well."""
    ask = connection.execute
    return [
        *_relations(ask),
        *[text for name in account_tables(connection) for text in _account_table(ask, name)],
        *[text for name, column in PERSON_TABLES.items() for text in _isolation(ask, name, column, "user_id")],
        *_foreign_keys(ask),
        *_rights(ask),
        *_queue(ask),
        *_functions(ask),
        *_roles(ask),
    ]


def _relations(ask: Any) -> Iterable[str]:
    for kind, name, owner in ask(
        "select relkind::text, oid::regclass::text, relowner::regrole::text from pg_class"
        " where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')"
    ):
        if kind not in {"r", "p"}:
            yield f"{name}: a view or foreign table, which row-level security does not reach"
        if owner != OWNER:
            yield f"{name}: belongs to {owner}"
    for (name,) in ask(
        "select oid::regclass::text from pg_class where relkind in ('r', 'p', 'v', 'm', 'f')"
        " and relnamespace::regnamespace::text not in"
        " ('public', 'jobs', 'migration', 'pg_catalog', 'information_schema')"
        " and relnamespace::regnamespace::text !~ '^pg_'"
    ):
        yield f"{name}: a table in a schema that nobody looks at"


def _account_table(ask: Any, name: str) -> Iterable[str]:
    if name in MIXED_TABLES:
        yield from _isolation(ask, name, "account_id", "account_id")
        yield from _index(ask, name, "account_id", "user_id")
        return
    (has_key,) = ask(
        "select exists (select from pg_attribute where attrelid = %s::regclass and attname = 'account_id'"
        " and atttypid = 'uuid'::regtype and attnotnull and not attisdropped)",
        [name],
    ).fetchone()
    if not has_key:
        yield f"{name}: neither has account_id nor is a named table of persons"
        return
    yield from _isolation(ask, name, "account_id", "account_id")
    yield from _index(ask, name, "account_id")


def _index(ask: Any, name: str, *columns: str) -> Iterable[str]:
    for column in columns:
        (has_index,) = ask(
            "select exists (select from pg_index i"
            " join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]"
            " where i.indrelid = %s::regclass and a.attname = %s and i.indisvalid and i.indpred is null)",
            [name, column],
        ).fetchone()
        if not has_index:
            yield f"{name}: no index begins with {column}"


def _isolation(ask: Any, name: str, column: str, setting: str) -> Iterable[str]:
    is_enabled, binds_owner = ask(
        "select relrowsecurity, relforcerowsecurity from pg_class where oid = %s::regclass", [name]
    ).fetchone()
    if not is_enabled:
        yield f"{name}: row-level security is off"
    if not binds_owner:
        yield f"{name}: row-level security does not bind its owner"
    covers_all = False
    for policy, command, is_permissive, is_public, read_check, write_check in ask(
        "select polname, polcmd::text, polpermissive, polroles = '{0}', pg_get_expr(polqual, polrelid),"
        " pg_get_expr(polwithcheck, polrelid) from pg_policy where polrelid = %s::regclass",
        [name],
    ):
        if (name, policy) in READ_POLICIES:
            person = _condition(READ_POLICIES[name, policy], "user_id")
            if (command, read_check, write_check) != ("r", person, None):
                yield f"{name}: policy {policy} does more than let a person read their own rows"
        elif name in MIXED_TABLES and policy == "own":
            person = _condition("user_id", "user_id")
            if (command, is_permissive, is_public, read_check, write_check) != ("*", True, True, person, person):
                yield f"{name}: policy {policy} does not keep persons apart"
        elif is_permissive:
            condition = _condition(column, setting)
            if read_check != condition:
                yield f"{name}: policy {policy} does not compare {column} with app.{setting} on reading"
            if write_check != condition:
                yield f"{name}: policy {policy} does not compare {column} with app.{setting} on writing"
            covers_all = covers_all or (command, is_public) == ("*", True)
    if not covers_all:
        yield f"{name}: no policy for every command and everybody"


def _foreign_keys(ask: Any) -> Iterable[str]:
    """Row-level security does not check foreign keys, so the account has to be a part of each."""
    for table, key, columns, target, target_columns in ask(
        "select c.conrelid::regclass::text, c.conname,"
        " (select array_agg(a.attname::text order by k.n) from unnest(c.conkey) with ordinality k(num, n)"
        "   join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.num),"
        " c.confrelid::regclass::text,"
        " (select array_agg(a.attname::text order by k.n) from unnest(c.confkey) with ordinality k(num, n)"
        "   join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.num)"
        " from pg_constraint c where c.contype = 'f' and c.connamespace = 'public'::regnamespace"
    ):
        pairs = set(zip(columns, target_columns, strict=True))
        if target not in PERSON_TABLES and ("account_id", "account_id") not in pairs:
            yield f"{table}: foreign key {key} can point into another account"


def _rights(ask: Any) -> Iterable[str]:
    for role in (APP, SYSTEM, SWEEPER):
        for name, right in ask(
            "select c.oid::regclass::text, r from pg_class c,"
            " unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) r"
            " where c.relkind in ('r', 'p', 'v', 'm', 'f')"
            " and c.relnamespace::regnamespace::text in ('public', 'migration')"
            " and has_table_privilege(%s, c.oid, r)",
            [role],
        ):
            reads_or_adds = right in {"SELECT", "INSERT"} or (right == "DELETE" and name in DELETABLE)
            # The purge of deleted accounts, and what has expired, take rows away in functions of the system role.
            purges = role == SYSTEM and right == "DELETE" and not name.startswith("migration.")
            if not purges and (role != APP or not reads_or_adds or name.startswith("migration.")):
                yield f"{name}: {role} may {right} it whole"
    for name, column in ask(
        "select attrelid::regclass::text, attname from pg_attribute join pg_class c on c.oid = attrelid"
        " left join pg_index on indrelid = attrelid and indisprimary"
        " where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and attnum > 0 and not attisdropped"
        " and (attname = 'account_id' or attnum = any(indkey))"
        " and has_column_privilege(%s, attrelid, attnum, 'UPDATE')",
        [APP],
    ):
        yield f"{name}: {APP} may change the key {column}"
    for name, right in ask(
        "select c.oid::regclass::text, a.privilege_type from pg_class c, aclexplode(c.relacl) a"
        " where a.grantee = 0 and c.relnamespace::regnamespace::text in ('public', 'migration')"
    ):
        yield f"{name}: everybody may {right} it"
    usage = {APP: ["api", "jobs", "public"], SYSTEM: ["api", "jobs", "public"], SWEEPER: ["api"]}
    for role, schemas in usage.items():
        for name, may_create in ask(
            "select nspname, has_schema_privilege(%s, oid, 'create') from pg_namespace"
            " where nspname !~ '^pg_' and nspname <> 'information_schema'"
            " and has_schema_privilege(%s, oid, 'usage, create') order by nspname",
            [role, role],
        ):
            if may_create or name not in schemas:
                yield f"{name}: {role} may {'create in' if may_create else 'use'} this schema"


def _queue(ask: Any) -> Iterable[str]:
    """The schema of jobs holds procrastinate's tables and nothing else; nobody may do more with them than needed."""
    grants = {(APP, table, right) for table, rights in QUEUE.items() for right in rights}
    for name, kind, owner in ask(
        "select relname, relkind::text, relowner::regrole::text from pg_class"
        " where relnamespace = 'jobs'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')"
    ):
        if name not in QUEUE or kind != "r":
            yield f"jobs.{name}: a table that is not on the list"
        if owner != OWNER:
            yield f"jobs.{name}: belongs to {owner}"
    for role, name, right in ask(
        "select g.role::text, c.relname, r from pg_class c,"
        " (values (%s::regrole), (%s::regrole), (%s::regrole)) g (role),"
        " unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) r"
        " where c.relnamespace = 'jobs'::regnamespace and c.relkind = 'r' and has_table_privilege(g.role, c.oid, r)",
        [APP, SYSTEM, SWEEPER],
    ):
        if (role, name, right) not in grants:
            yield f"jobs.{name}: {role} may {right} it whole"
    for name, column in ask(
        "select relname, attname from pg_attribute join pg_class c on c.oid = attrelid"
        " where relnamespace = 'jobs'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped"
        " and has_column_privilege(%s, attrelid, attnum, 'UPDATE')",
        [APP],
    ):
        if column in QUEUE_FIXED:
            yield f"jobs.{name}: {APP} may change {column}"
    for name, column in ask(
        "select relname, attname from pg_attribute join pg_class c on c.oid = attrelid"
        " where relnamespace = 'jobs'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped"
        " and has_column_privilege(%s, attrelid, attnum, 'SELECT, INSERT, UPDATE')",
        [SYSTEM],
    ):
        if (name, column) not in {("procrastinate_jobs", "lock"), ("procrastinate_jobs", "status")}:
            yield f"jobs.{name}: {SYSTEM} may use {column}"


def _functions(ask: Any) -> Iterable[str]:
    names: set[str] = set()
    for schema, name, owner, definer, settings, callers in ask(
        "select p.pronamespace::regnamespace::text, p.proname, p.proowner::regrole::text, p.prosecdef,"
        " coalesce(p.proconfig, '{}'),"
        " (select array_agg(case a.grantee when 0 then 'everybody' else a.grantee::regrole::text end)"
        "   from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee <> p.proowner)"
        " from pg_proc p where p.pronamespace::regnamespace::text not in ('pg_catalog', 'information_schema')"
        " and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')"
    ):
        names.add(name)
        if schema == "jobs":
            roles = [APP] if name in QUEUE_FUNCTIONS else None
            if owner != OWNER or definer or callers != roles or not name.startswith("procrastinate_"):
                yield f"jobs.{name}: belongs to {owner}, runs with their rights: {definer}, may be called by {callers}"
            continue
        if schema != "api" or name not in FUNCTIONS:
            yield f"{schema}.{name}: a function that is not on the list"
            continue
        if owner != SYSTEM or not definer:
            yield f"{name}: does not run as {SYSTEM}"
        if settings != ["search_path=pg_catalog, pg_temp"]:
            yield f"{name}: its search_path is not fixed"
        if callers != [FUNCTIONS[name]]:
            yield f"{name}: may be called by {callers}, not by {FUNCTIONS[name]} alone"
    for name in (FUNCTIONS.keys() | QUEUE_FUNCTIONS) - names:
        yield f"{name}: is missing"


def _roles(ask: Any) -> Iterable[str]:
    for name, login, bypass, has_cluster_rights in ask(
        "select rolname, rolcanlogin, rolbypassrls, rolsuper or rolcreaterole or rolcreatedb or rolreplication"
        " from pg_roles where rolname !~ '^pg_' and oid <> 10"  # 10: the cluster's own superuser
    ):
        if bypass != (name == SYSTEM):
            yield f"{name}: {'bypasses' if bypass else 'does not bypass'} row-level security"
        if login and name == SYSTEM:
            yield f"{name}: can log in"
        if has_cluster_rights:
            yield f"{name}: has rights over the whole cluster"
    memberships: Sequence[tuple[str, str, bool]] = (
        (SYSTEM, OWNER, False),
    )  # to hand functions over, without its sight
    for row in ask(
        "select roleid::regrole::text, member::regrole::text, inherit_option from pg_auth_members"
        " where member <> 10 and roleid::regrole::text !~ '^pg_' or member::regrole::text ~ '^quantum_'"
    ):
        if row not in memberships:
            yield f"{row[1]}: is a member of {row[0]}"
    for role, kind in ask(
        "select refobjid::regrole::text, classid::regclass::text from pg_shdepend d where deptype = 'o'"
        " and refobjid::regrole::text = any(%s)"
        " and not (refobjid::regrole::text = %s and classid = 'pg_proc'::regclass)",
        [[APP, SYSTEM, SWEEPER], SYSTEM],
    ):
        yield f"{role}: owns something in {kind}"
