"""Provider costs by public pay-as-you-go list prices, in US dollars. Local engines are free."""

from decimal import Decimal

from quantum_app.kit.log import logger

LOCAL = "local"

# (provider/model, unit) → price of one unit. The entry with the longest matching prefix applies.
_PRICES = {
    # Deepgram, 2025-10: streaming, one language, $0.0077 a minute; $0.030 per 1000 characters.
    ("deepgram/nova-3", "seconds"): Decimal("0.0077") / 60,
    ("deepgram/aura-2", "characters"): Decimal("0.030") / 1000,
    # OpenAI, 2026-04: standard tier, per million tokens.
    ("openai/gpt-4.1-nano", "tokens_in"): Decimal("0.10") / 1_000_000,
    ("openai/gpt-4.1-nano", "tokens_out"): Decimal("0.40") / 1_000_000,
    ("openai/gpt-4.1-mini", "tokens_in"): Decimal("0.40") / 1_000_000,
    ("openai/gpt-4.1-mini", "tokens_out"): Decimal("1.60") / 1_000_000,
    ("openai/gpt-4.1", "tokens_in"): Decimal("2.00") / 1_000_000,
    ("openai/gpt-4.1", "tokens_out"): Decimal("8.00") / 1_000_000,
}
_PRECISION = Decimal("0.000000001")  # the column's scale
_log = logger(__name__)


def cost(provider: str, kind: str, unit: str, quantity: Decimal) -> Decimal:
    """US dollars for a quantity, to nine decimal places. Logs a warning and returns 0 if there is no list price.

    provider: `vendor/model`, like `deepgram/nova-3`, or `local/…`.
    kind: `stt`, `llm` or `tts`.
    unit: As in `schemas.Usage`.
    """
    if provider.split("/")[0] == LOCAL:
        return Decimal(0)
    matches = [name for name, priced in _PRICES if priced == unit and provider.startswith(name)]
    if not matches:
        _log.warning("pricing.missing", message="No list price for this usage", provider=provider, kind=kind, unit=unit)
        return Decimal(0)
    return (_PRICES[max(matches, key=len), unit] * quantity).quantize(_PRECISION)
