"""Sets up the database: roles and extension (as a superuser), migrations (as the owner), demo data (as the product).

    python3 ops/bootstrap.py database prepare --url postgresql://postgres@host/postgres
    python3 ops/bootstrap.py database migrate

`prepare` logs in with the URL given (libpq reads PGPASSWORD and ~/.pgpass) and takes the roles' passwords from
DATABASE_URL, DATABASE_OWNER_URL and DATABASE_SYSTEM_URL. Each step may be run again at any time.
"""

import argparse
import asyncio
from collections.abc import Mapping, Sequence

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from quantum_app.settings import ROOT, settings

OWNER, APP, SYSTEM, SWEEPER = "quantum_owner", "quantum_app", "quantum_system", "quantum_sweeper"
LOGINS = (OWNER, APP, SWEEPER)

# A statement of the product that takes longer is a mistake; it must not hold locks.
_LIMITS = {"statement_timeout": "15s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "60s"}


def prepare(superuser_url: str, passwords: Mapping[str, str], *, database: str = "quantum") -> None:
    """Make roles, database and the `vector` extension. Idempotent; sets the passwords of `LOGINS` anew.

    Raises psycopg.Error when the login is no superuser or the server cannot be reached.
    """
    with psycopg.connect(superuser_url, autocommit=True) as server:
        _roles(server, passwords)
        database_row = server.execute("select 1 from pg_database where datname = %s", (database,)).fetchone()
        if not database_row:
            server.execute(
                sql.SQL("create database {} owner {} template template0 encoding 'UTF8'").format(
                    sql.Identifier(database), sql.Identifier(OWNER)
                )
            )
    with psycopg.connect(make_conninfo(superuser_url, dbname=database), autocommit=True) as inside:
        name = sql.Identifier(database)
        inside.execute("create extension if not exists vector")
        inside.execute(sql.SQL("revoke all on database {} from public").format(name))
        inside.execute(sql.SQL("grant connect on database {} to {}, {}").format(name, *map(sql.Identifier, LOGINS[1:])))
        inside.execute(sql.SQL("revoke all on schema public from public"))
        inside.execute(sql.SQL("alter schema public owner to {}").format(sql.Identifier(OWNER)))


def _roles(server: psycopg.Connection, passwords: Mapping[str, str]) -> None:
    for role in (*LOGINS, SYSTEM):
        exists = server.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone()
        rights = "nologin bypassrls" if role == SYSTEM else "login nobypassrls"
        server.execute(
            sql.SQL("{} role {} with {} nosuperuser nocreatedb nocreaterole noreplication").format(
                sql.SQL("alter" if exists else "create"), sql.Identifier(role), sql.SQL(rights)
            )
        )
    for role in LOGINS:
        server.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(role), passwords[role]))
    for role in (APP, SWEEPER):
        for name, value in _LIMITS.items():
            server.execute(
                sql.SQL("alter role {} set {} = {}").format(sql.Identifier(role), sql.Identifier(name), value)
            )
    # The owner may hand functions over to the system role, and does not inherit what it can see.
    server.execute(
        sql.SQL("grant {} to {} with inherit false, set true").format(sql.Identifier(SYSTEM), sql.Identifier(OWNER))
    )


def migrate(owner_url: str) -> None:
    """Migrate the schema to the newest version. Waits for another process that is migrating."""
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = owner_url
    command.upgrade(config, "head")


def seed_demo(password: str) -> None:
    """Create or update the demo account, user and campaign. Idempotent. Needs a migrated database."""
    from quantum_app.db.session import dispose
    from quantum_app.domain.campaigns import demo

    async def run() -> None:
        try:
            await demo.seed(password)
        finally:
            await dispose()

    asyncio.run(run())


def main(argv: Sequence[str]) -> int:
    """`python -m ops database …`; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m ops database", description=__doc__.split("\n")[0] if __doc__ else ""
    )
    commands = parser.add_subparsers(dest="command", required=True)
    first = commands.add_parser("prepare", help="as a superuser: roles, database, vector extension")
    first.add_argument(
        "--url", required=True, help="a superuser's URL; the password may come from PGPASSWORD or ~/.pgpass"
    )
    commands.add_parser("migrate", help="as the owner: bring the schema to the newest version")
    arguments = parser.parse_args(argv)
    database = settings().database
    urls = {OWNER: database.owner_url, APP: database.url, SWEEPER: database.system_url}
    missing = [role for role, url in urls.items() if not url.get_secret_value()]
    if missing:
        print(f"Set DATABASE_URL, DATABASE_OWNER_URL and DATABASE_SYSTEM_URL first. Missing: {', '.join(missing)}.")
        return 2
    parts = {role: conninfo_to_dict(url.get_secret_value()) for role, url in urls.items()}
    try:
        if arguments.command == "prepare":
            prepare(
                arguments.url,
                {role: str(part.get("password", "")) for role, part in parts.items()},
                database=str(parts[APP].get("dbname", "quantum")),
            )
            print("Roles, database and extension are ready. Next: make run, which applies migrations")
        else:
            migrate(urls[OWNER].get_secret_value())
            print("The schema is up to date.")
    except psycopg.errors.InsufficientPrivilege as error:
        login = "a superuser" if arguments.command == "prepare" else f"the role {OWNER}"
        print(f"The database reported: {error.diag.message_primary}. Log in as {login}.")
        return 1
    except psycopg.Error as error:
        print(f"The database reported: {error}")
        return 1
    return 0
