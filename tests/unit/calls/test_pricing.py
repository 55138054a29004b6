"""Prices are exact decimals, and this machine's own engines cost nothing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantum_app.domain.calls.pricing import cost

pytestmark = pytest.mark.unit

VENDORS = [
    ("deepgram/nova-3", "stt", "seconds"),
    ("deepgram/aura-2-andromeda-en", "tts", "characters"),
    ("openai/gpt-4.1-mini", "llm", "tokens_in"),
    ("openai/gpt-4.1-mini", "llm", "tokens_out"),
]
quantities = st.decimals(0, 10**8, places=3, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("provider", "kind", "unit", "quantity", "dollars"),
    [
        ("deepgram/nova-3", "stt", "seconds", "60", "0.0077"),
        ("deepgram/nova-3-general", "stt", "seconds", "90", "0.01155"),
        ("deepgram/aura-2-andromeda-en", "tts", "characters", "1000", "0.03"),
        ("openai/gpt-4.1-mini-2025-04-14", "llm", "tokens_in", "1000000", "0.4"),
        ("openai/gpt-4.1-mini", "llm", "tokens_out", "500", "0.0008"),
        ("openai/gpt-4.1", "llm", "tokens_out", "1000000", "8"),
    ],
)
def test_list_prices(provider: str, kind: str, unit: str, quantity: str, dollars: str) -> None:
    assert cost(provider, kind, unit, Decimal(quantity)) == Decimal(dollars)


@given(quantities)
def test_this_machine_costs_nothing(quantity: Decimal) -> None:
    assert cost("local", "stt", "seconds", quantity) == cost("local/whisper", "stt", "seconds", quantity) == 0


@given(st.sampled_from(VENDORS), quantities)
def test_a_cost_fits_its_column(service: tuple[str, str, str], quantity: Decimal) -> None:
    amount = cost(*service, quantity)
    assert amount >= 0
    exponent = amount.as_tuple().exponent
    assert isinstance(exponent, int)
    assert exponent >= -9


@pytest.mark.parametrize("provider", ["acme/voice", "localhost-voices/x", "deepgram", "openai/gpt-9"])
def test_an_unknown_price_is_nothing_and_a_warning(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, provider: str
) -> None:
    assert cost(provider, "tts", "characters", Decimal(5)) == 0
    assert "pricing.missing" in caplog.text + "".join(capsys.readouterr())
