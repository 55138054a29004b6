"""The two accounts that everything else is asked about are what they have to be."""

import pytest

from quantum_app.kit.ids import new_id
from tests.isolation.schema import insert
from tests.isolation.tenant_pair import FIXED_COLUMNS, NUMBERS, PUBLIC_COLUMNS, TenantPair, empty_tables
from tests.isolation.test_handlers import open_pages
from tests.stack import Stack
from tests.web.socket import connect

pytestmark = pytest.mark.isolation


def test_both_accounts_have_a_row_in_every_table(tenants: TenantPair) -> None:
    assert list(empty_tables(tenants)) == []


def test_every_text_of_b_is_a_canary_or_a_word_of_a_list(tenants: TenantPair) -> None:
    """Texts without a canary are those whose constraint asks for certain words."""
    canaries = set(tenants.canaries.values())
    bare = {f"{table.name}.{column}" for table in tenants.tables for column in table.texts} - canaries
    exceptions = {
        f"{table}.{column}"
        for table, column in tenants.connection.execute(
            "select conrelid::regclass::text, attname from pg_constraint"
            " join pg_attribute on attrelid = conrelid and attnum = any(conkey)"
            " where contype = 'c' and connamespace = 'public'::regnamespace"
        )
    }
    exceptions |= {f"{table}.{column}" for table, column in NUMBERS}
    assert bare <= exceptions, bare - exceptions


def test_lists_name_columns_that_exist(tenants: TenantPair) -> None:
    columns = {(table.name, column) for table in tenants.tables for column in table.columns}
    assert columns >= PUBLIC_COLUMNS | FIXED_COLUMNS | NUMBERS


async def test_b_itself_sees_its_canaries(tenants: TenantPair, web: Stack) -> None:
    """What is looked for above would be found."""
    async with connect(web.url, tenants.stranger.cookie) as socket:
        await open_pages(socket, tenants)
        table_names = {column.partition(".")[0] for column in tenants.leaks(socket.updates)}
    assert table_names >= {"call_transcripts", "call_sessions", "consent_tickets", "users", "accounts"}


def test_a_mark_tells_who_wrote(tenants: TenantPair) -> None:
    """Rows of B that are written anew, as they were, or taken away, and rows that are added to its own."""
    (table,) = (table for table in tenants.tables if table.name == "api_tokens")
    before, connection = tenants.mark(), tenants.connection
    row = tenants.rows(table, tenants.b)[0]
    assert tenants.writes_since(before) == (set(), set())
    for change, expected in (
        ("update api_tokens set name = name where id = %s", ({"api_tokens"}, set())),
        ("delete from api_tokens where id = %s", ({"api_tokens"}, set())),
        ("select %s", (set(), {"api_tokens"})),
    ):
        with connection.transaction(force_rollback=True):
            connection.execute(change, [row["id"]])
            if expected[1]:
                insert(connection, table.name, row | {"id": new_id(), "name": "another", "token_hash": bytes(32)})
            assert tenants.writes_since(before) == expected
