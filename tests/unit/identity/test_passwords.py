"""Which passwords are refused, and how they are kept."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pwdlib import PasswordHash
from zxcvbn import matching

from quantum_app.domain.identity import passwords
from quantum_app.errors import InvalidInput

pytestmark = pytest.mark.unit


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
        "HarbourHomes2026",
        "football2026",
        "P@ssw0rd1234",
        "changeme123",
        "1q2w3e4r5t",
        "Summer2026!!",
        "x" * 1025,
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput) as error:
        passwords.check_strength(password, "Ada Stone", "ada@example.com", "Harbour Homes")
    assert error.value.field == "password"


@pytest.mark.parametrize(
    "password", ["seven quiet harbours", "correct horse battery", "Zb4!kQ9x_t", "ein Fenster zum Hof"]
)
def test_what_is_hard_to_guess_is_taken(password: str) -> None:
    passwords.check_strength(password, "Ada Stone", "ada@example.com", "Harbour Homes")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("football2026", "too common"),
        ("Ada Stone 99", "contains your name"),
        ("aaaaaaaaaaaaaa", "too easy to guess"),
        ("nine char", "at least 10 characters"),
    ],
)
def test_the_message_says_why(password: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        passwords.check_strength(password, "Ada Stone")


def test_nobodys_name_is_kept_for_the_next_person() -> None:
    passwords.check_strength("quiet Winterbottom", "Ada Stone")
    with pytest.raises(InvalidInput):
        passwords.check_strength("Winterbottom 12", "Ada Winterbottom")
    passwords.check_strength("Winterbottom q12z", "Ada Stone")


def test_symbols_have_few_combinations() -> None:
    """The time to judge a password grows with them: a text of all symbols would cost seconds."""
    symbols = "".join(symbol for options in matching.L33T_TABLE.values() for symbol in options)
    assert len(matching.enumerate_l33t_subs(matching.relevant_l33t_subtable(symbols, matching.L33T_TABLE))) <= 16


async def test_the_same_password_from_every_keyboard() -> None:
    composed, decomposed = "caf\u00e9 by the harbour", "cafe\u0301 by the harbour"
    for typed, original in ((composed, decomposed), (decomposed, composed)):
        assert await passwords.verify(typed, await passwords.hash_password(original)) == (True, None)
    # A hash from before the text was normalized.
    right, better = await passwords.verify(decomposed, PasswordHash.recommended().hash(decomposed))
    assert right
    assert better
    assert await passwords.verify(composed, better) == (True, None)
    assert await passwords.verify("cafe\u0301 by the bay", better) == (False, None)
    with pytest.raises(InvalidInput, match="at least 10"):
        passwords.check_strength("e\u0301" * 9)


@given(st.text(max_size=2000), st.text(max_size=50))
def test_any_text_gets_an_answer(password: str, name: str) -> None:
    with contextlib.suppress(InvalidInput):
        passwords.check_strength(password, name)


async def test_hashes_are_argon2id_and_salted() -> None:
    first, second = [await passwords.hash_password("seven quiet harbours") for _ in range(2)]
    assert first.startswith("$argon2id$")
    assert first != second
    assert await passwords.verify("seven quiet harbours", first) == (True, None)
    assert await passwords.verify("seven quiet harbour", first) == (False, None)
    assert await passwords.verify("seven quiet harbours", None) == (False, None)
    assert await passwords.verify("x" * 5000, first) == (False, None)
