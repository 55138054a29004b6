"""One-time tokens and encryption: good with one key and one purpose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantum_app.kit import crypto, tokens
from quantum_app.kit.ids import new_id

pytestmark = pytest.mark.unit

KEY = "a key of the tests"


@given(st.text(max_size=60))
def test_nothing_made_up_is_a_token(text: str) -> None:
    assert tokens.verify(KEY, "reset", text) is None


def test_a_token_is_good_for_one_purpose_and_key() -> None:
    token_id = new_id()
    text = tokens.sign(KEY, "reset", token_id)
    assert tokens.verify(KEY, "reset", text) == token_id
    assert tokens.verify(KEY, "verify", text) is None
    assert tokens.verify("another", "reset", text) is None
    assert len(text) == 43
    assert all(tokens.verify(KEY, "reset", text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]) is None
               for at in range(42))  # fmt: skip


def test_what_is_encrypted_is_read_with_the_same_key_and_purpose() -> None:
    data = crypto.encrypt(KEY, "second factor", "SECRET")
    assert b"SECRET" not in data
    assert crypto.decrypt(KEY, "second factor", data) == "SECRET"
    for key, purpose, ciphertext in (
        ("another", "second factor", data),
        (KEY, "transcript", data),
        (KEY, "second factor", data[:-5] + b"AAAA="),
    ):
        with pytest.raises(ValueError, match="can't be decrypted"):
            crypto.decrypt(key, purpose, ciphertext)
