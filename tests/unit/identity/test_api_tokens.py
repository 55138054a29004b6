"""The text of an API token: recognizable, checked by itself, and never made twice."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantum_app.domain.identity import api_tokens

pytestmark = pytest.mark.unit

FORM = re.compile(r"qvt_[0-9A-Za-z]{38}", re.ASCII)


def test_a_scanner_recognizes_every_token() -> None:
    tokens = [api_tokens.new_text() for _ in range(500)]
    assert all(FORM.fullmatch(text) and api_tokens.is_well_formed(text) for text in tokens)
    assert len(set(tokens)) == len(tokens)


@pytest.mark.parametrize("place", [4, 20, 35, 36, 41])
def test_a_mistyped_token_is_none(place: int) -> None:
    text = api_tokens.new_text()
    other = "0" if text[place] != "0" else "1"
    assert not api_tokens.is_well_formed(text[:place] + other + text[place + 1 :])


@pytest.mark.parametrize("form", ["{0} ", " {0}", "{0}0", "qvt_{0}", "QVT_{1}", "{1}", "qv_{1}"])
def test_nothing_around_a_token_is_forgiven(form: str) -> None:
    text = api_tokens.new_text()
    assert not api_tokens.is_well_formed(form.format(text, text.removeprefix("qvt_")))


@given(st.text(max_size=60) | st.text(min_size=38, max_size=38).map("qvt_{}".format))
def test_any_text_gets_an_answer(text: str) -> None:
    assert not api_tokens.is_well_formed(text)
