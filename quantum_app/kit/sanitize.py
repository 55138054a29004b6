"""Making text safe to store."""

from typing import Any


def sanitize_for_postgres(value: Any) -> Any:
    """The same text or JSON value without what Postgres can't store: NUL characters and lone surrogates."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {sanitize_for_postgres(key): sanitize_for_postgres(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list | tuple):
        return [sanitize_for_postgres(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value
