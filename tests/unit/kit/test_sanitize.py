"""Text that can be stored."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantum_app.kit.sanitize import sanitize_for_postgres

pytestmark = pytest.mark.unit

text = st.text(st.characters(codec=None))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | text,
    lambda inner: st.lists(inner) | st.dictionaries(text, inner),
    max_leaves=20,
)


@given(values)
def test_what_is_stored_is_plain_text(value: Any) -> None:
    plain_text = sanitize_for_postgres(value)
    assert "\\u0000" not in json.dumps(plain_text).replace("\\\\u0000", "")
    json.dumps(plain_text, ensure_ascii=False).encode("utf-8")
    assert sanitize_for_postgres(plain_text) == plain_text


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_ordinary_text_stays_as_it_is(value: str) -> None:
    assert sanitize_for_postgres({"said": [value]}) == {"said": [value]}
