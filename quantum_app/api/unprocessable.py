"""Bodies that were understood, with something in them that cannot be used. Without the framework."""

from quantum_app.errors import InvalidInput

# What a person reads at the field, instead of what the validator calls it.
_PLAIN = {"missing": "This is needed.", "string_too_short": "This is needed.", "string_too_long": "This is too long."}


class Unprocessable(InvalidInput):
    """The body was understood, and something in it cannot be used."""

    status = 422


def unusable(field: str, kind: str, message: str) -> Unprocessable:
    """A field that pydantic refused. kind, message: of its error."""
    plain = _PLAIN.get(kind, f"{message.removeprefix('Value error, ').rstrip('.')}.")
    return Unprocessable(plain, code=f"invalid_{field}", field=field)
