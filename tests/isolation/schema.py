"""The product's tables as the catalog has them, and rows put into any of them."""

import secrets
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from quantum_app.db.models import Base
from quantum_app.db.models.knowledge import DIMENSIONS
from quantum_app.kit.ids import new_id
from tests.db.catalog import PERSON_TABLES


@dataclass(frozen=True)
class Table:
    """A table and what says whose its rows are. columns: name → type. key: the columns of its primary key."""

    name: str
    columns: dict[str, str]
    key: tuple[str, ...]

    @property
    def person(self) -> str | None:
        """The column that names the person whose row it is."""
        return PERSON_TABLES.get(self.name) or ("user_id" if self.mixed else None)

    @property
    def of_account(self) -> bool:
        return "account_id" in self.columns and self.name not in PERSON_TABLES

    @property
    def mixed(self) -> bool:
        """Rows belong to an account or to a person."""
        return self.name == "outbox"

    @property
    def texts(self) -> list[str]:
        return [name for name, kind in self.columns.items() if kind in {"text", "text[]", "jsonb"}]


def tables(connection: psycopg.Connection) -> list[Table]:
    """Every table of the product, by name."""
    columns: dict[str, dict[str, str]] = {}
    for name, column, kind in connection.execute(
        "select relname, attname, format_type(atttypid, atttypmod) from pg_attribute"
        " join pg_class on pg_class.oid = attrelid where relnamespace = 'public'::regnamespace"
        " and relkind in ('r', 'p') and attnum > 0 and not attisdropped order by relname, attnum"
    ):
        columns.setdefault(name, {})[column] = kind
    keys: dict[str, list[str]] = {}
    for name, column in connection.execute(
        "select relname, attname from pg_index join pg_class on pg_class.oid = indrelid"
        " join pg_attribute on attrelid = indrelid and attnum = any(indkey)"
        " where indisprimary and relnamespace = 'public'::regnamespace order by relname, array_position(indkey, attnum)"
    ):
        keys.setdefault(name, []).append(column)
    return [Table(name, kinds, tuple(keys[name])) for name, kinds in columns.items()]


def any_value(kind: str) -> Any:
    """A value that a column of this type takes."""
    constants = {"boolean": False, "jsonb": {}, "text[]": [], "uuid": new_id(), "bytea": secrets.token_bytes(32)}
    if kind.startswith(("timestamp", "date")):
        return "2026-01-01"
    if kind.startswith("halfvec"):
        return str([0.1] * DIMENSIONS)
    return constants[kind] if kind in constants else secrets.token_hex(12) if kind == "text" else 1


def insert(connection: psycopg.Connection, table: str, row: dict[str, Any]) -> None:
    """One row, whatever its columns."""
    row = {name: value for name, value in row.items() if Base.metadata.tables[table].columns[name].computed is None}
    values = [Jsonb(value) if isinstance(value, dict) else value for value in row.values()]
    query = sql.SQL("insert into {} ({}) values ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(sql.Placeholder() * len(row)),
    )
    connection.execute(query, values)
