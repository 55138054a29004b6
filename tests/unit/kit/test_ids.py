from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantum_app.kit import ids

pytestmark = pytest.mark.unit


@given(st.uuids())
def test_public_form_comes_back(value: UUID) -> None:
    assert ids.decode("call", ids.encode("call", value)) == value


@given(st.uuids(), st.uuids())
def test_public_forms_sort_like_the_ids(first: UUID, second: UUID) -> None:
    assert (first < second) == (ids.encode("c", first) < ids.encode("c", second))


@given(st.text())
def test_any_text_is_an_id_or_nothing(text: str) -> None:
    value = ids.decode("call", text)
    assert value is None or ids.encode("call", value).lower() == text.lower()


def test_another_prefix_is_refused() -> None:
    assert ids.decode("lead", ids.encode("call", ids.new_id())) is None


def test_more_than_128_bits_is_refused() -> None:
    assert ids.decode("call", "call_" + "Z" * 26) is None


def test_new_ids_are_version_7_and_sort_by_time() -> None:
    new_ids = [ids.new_id() for _ in range(200)]
    assert all(value.version == 7 and value.variant == "specified in RFC 4122" for value in new_ids)
    stamps = [value.int >> 80 for value in new_ids]
    assert stamps == sorted(stamps)
    assert len(set(new_ids)) == len(new_ids)


@pytest.mark.parametrize("text", ["demo", "cmp_1", "cmp_" + "u" * 26, "call_" + "0" * 26, "cmp_" + "0" * 27])
def test_what_can_be_guessed_is_known(text: str) -> None:
    assert ids.is_random_id("cmp", ids.random_id("cmp"))
    assert not ids.is_random_id("cmp", text)


def test_random_ids_differ() -> None:
    assert len({ids.random_id("cmp") for _ in range(100)}) == 100


def test_ids_made_one_after_the_other_are_in_order() -> None:
    new_ids = [ids.new_id() for _ in range(2000)]
    assert new_ids == sorted(new_ids)
    assert {(value.version, value.variant) for value in new_ids} == {(7, RFC_4122)}
    assert len({value.int & (1 << 62) - 1 for value in new_ids}) == len(new_ids)
