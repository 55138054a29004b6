"""Parts of a request that the process pool reads, because how long that takes is up to whoever sent them."""

from typing import Any, Generic, TypeVar, get_args

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

T = TypeVar("T")

Json = dict[str, Any]


class Unread(Generic[T]):
    """A JSON object that should be a T. The API's description shows the T; only a job validates it."""

    def __init__(self, json: Json) -> None:
        self.json = json

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        (expected,) = get_args(source)
        return core_schema.no_info_plain_validator_function(
            _unread, json_schema_input_schema=handler.generate_schema(expected)
        )


def _unread(document: object) -> Unread[Any]:
    if not isinstance(document, dict):
        raise PydanticKnownError("dict_type")
    return Unread[Any](document)  # pyright: ignore[reportUnknownArgumentType]
