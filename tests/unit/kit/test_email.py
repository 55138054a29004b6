"""Email addresses: one spelling each, and as mail servers take them."""

import pytest

from quantum_app.kit.email import deliverable, normalize_email

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("spelling", ["info@bücher.example", " Info@BÜCHER.example", "info@xn--bcher-kva.example"])
def test_an_internationalized_domain_has_one_spelling(spelling: str) -> None:
    address = normalize_email(spelling)
    assert address == "info@bücher.example"
    assert deliverable(address) == "info@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "address", ["=?utf-8?q?victim?=@x.example", "=?latin1?q?vi=63tim?=@x.example", "a=?b@x.example"]
)
def test_what_a_header_would_decode_is_no_address(address: str) -> None:
    with pytest.raises(ValueError, match="valid email address"):
        normalize_email(address)


def test_only_the_domain_is_spelled_in_ascii() -> None:
    assert deliverable("sam@example.com") == "sam@example.com"
    assert deliverable("jörg@münchen.example") == "jörg@xn--mnchen-3ya.example"
