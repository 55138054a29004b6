"""The world that everything else is asked of is what it has to be."""

import pytest

from tests.isolation.world import KEPT, NUMBERS, PUBLISHED, World, unfit

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
