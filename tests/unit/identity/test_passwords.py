"""Which passwords are refused, and how they are kept."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantum_app.domain.identity import passwords
from quantum_app.errors import InvalidInput


@pytest.mark.parametrize(
    "password",
    [
        "",
        "nine char",
        "aaaaaaaaaaaaaa",
        "1234567890",
        "abcdefghij",
        "Password123",
        "qwertzuiop",
        "letmein2026",
        "Ada Stone 99",
        "ada@example.com",
        "Harbour Homes1",
        "x" * 1025,
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        passwords.check(password, "Ada Stone", "ada@example.com", "Harbour Homes")
    assert refused.value.field == "password"


@pytest.mark.parametrize(
    "password", ["seven quiet harbours", "correct horse battery", "Zb4!kQ9x_t", "ein Fenster zum Hof"]
)
def test_what_is_hard_to_guess_is_taken(password: str) -> None:
    passwords.check(password, "Ada Stone", "ada@example.com", "Harbour Homes")


@given(st.text(max_size=2000), st.text(max_size=50))
def test_any_text_gets_an_answer(password: str, name: str) -> None:
    with contextlib.suppress(InvalidInput):
        passwords.check(password, name)


async def test_hashes_are_argon2id_and_salted() -> None:
    first, second = [await passwords.hashed("seven quiet harbours") for _ in range(2)]
    assert first.startswith("$argon2id$")
    assert first != second
    assert await passwords.verify("seven quiet harbours", first) == (True, None)
    assert await passwords.verify("seven quiet harbour", first) == (False, None)
    assert await passwords.verify("seven quiet harbours", None) == (False, None)
    assert await passwords.verify("x" * 5000, first) == (False, None)
