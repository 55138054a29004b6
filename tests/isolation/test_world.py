"""The world that everything else is asked of is what it has to be."""

import pytest

from quantum_app.kit.ids import new_id
from tests.isolation.schema import insert
from tests.isolation.test_handlers import open_pages
from tests.isolation.world import KEPT, NUMBERS, PUBLISHED, World, unfit
from tests.stack import Stack
from tests.web.socket import connected

pytestmark = pytest.mark.isolation


def test_both_accounts_have_a_row_in_every_table(world: World) -> None:
    assert list(unfit(world)) == []


def test_every_text_of_b_is_a_canary_or_a_word_of_a_list(world: World) -> None:
    """Texts without a canary are those whose constraint asks for certain words."""
    planted = set(world.canaries.values())
    bare = {f"{table.name}.{column}" for table in world.tables for column in table.texts} - planted
    limited = {
        f"{table}.{column}"
        for table, column in world.connection.execute(
            "select conrelid::regclass::text, attname from pg_constraint"
            " join pg_attribute on attrelid = conrelid and attnum = any(conkey)"
            " where contype = 'c' and connamespace = 'public'::regnamespace"
        )
    }
    limited |= {f"{table}.{column}" for table, column in NUMBERS}
    assert bare <= limited, bare - limited


def test_lists_name_columns_that_exist(world: World) -> None:
    columns = {(table.name, column) for table in world.tables for column in table.columns}
    assert columns >= PUBLISHED | KEPT | NUMBERS


async def test_b_itself_sees_its_canaries(world: World, web: Stack) -> None:
    """What is looked for above would be found."""
    async with connected(web.url, world.stranger.cookie) as socket:
        await open_pages(socket, world)
        found = {where.partition(".")[0] for where in world.leaks(socket.updates)}
    assert found >= {"call_transcripts", "call_sessions", "consent_tickets", "users", "accounts"}


def test_a_mark_tells_who_wrote(world: World) -> None:
    """Rows of B that are written anew, as they were, or taken away, and rows that are added to its own."""
    (table,) = (table for table in world.tables if table.name == "api_tokens")
    before, connection = world.mark(), world.connection
    row = world.rows(table, world.b)[0]
    assert world.written(before) == (set(), set())
    for change, told in (
        ("update api_tokens set name = name where id = %s", ({"api_tokens"}, set())),
        ("delete from api_tokens where id = %s", ({"api_tokens"}, set())),
        ("select %s", (set(), {"api_tokens"})),
    ):
        with connection.transaction(force_rollback=True):
            connection.execute(change, [row["id"]])
            if told[1]:
                insert(connection, table.name, row | {"id": new_id(), "name": "another", "token_hash": bytes(32)})
            assert world.written(before) == told
