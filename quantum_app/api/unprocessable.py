"""Requests that were understood and contain something invalid. Without the web framework."""

from quantum_app.errors import InvalidInput

# What a person reads at the field, instead of the validator's message.
_MESSAGES = {"missing": "Required.", "string_too_short": "Required.", "string_too_long": "Too long."}


class Unprocessable(InvalidInput):
    """The request was understood, and something in it is invalid."""

    status = 422


def unusable(field: str, kind: str, message: str) -> Unprocessable:
    """The error for a field that Pydantic refused. kind, message: of Pydantic's error."""
    text = _MESSAGES.get(kind, f"{message.removeprefix('Value error, ').rstrip('.')}.")
    return Unprocessable(text, code=f"invalid_{field}", field=field)
