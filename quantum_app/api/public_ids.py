"""Ids in paths, bodies, and responses: UUIDs inside, `cmp_…` outside."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from quantum_app.errors import InvalidInput
from quantum_app.kit import ids

# No row has this id.
NIL = UUID(int=0)


@dataclass(frozen=True, slots=True)
class PublicId:
    """Reads and writes the public form of an id.

    A malformed id becomes the nil id, which nothing has. Malformed, unknown, and foreign ids therefore take the same
    path through a handler and get the same response.
    """

    prefix: str

    def parse(self, value: Any) -> UUID:
        if isinstance(value, UUID):
            return value
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "Input should be a valid string")
        return ids.decode(self.prefix, value) or NIL

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        encode = core_schema.plain_serializer_function_ser_schema(
            partial(ids.encode, self.prefix), return_schema=core_schema.str_schema()
        )
        return core_schema.no_info_plain_validator_function(self.parse, serialization=encode)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "pattern": ids.pattern(self.prefix)}


@dataclass(frozen=True, slots=True)
class Cursor(PublicId):
    """The id of the last item on the previous page. Raises InvalidInput for a malformed one, which has no next page."""

    def parse(self, value: Any) -> UUID:
        decoded = ids.decode(self.prefix, value) if isinstance(value, str) else None
        if decoded is None:
            raise InvalidInput(f"Invalid id: it must start with {self.prefix}_.", field="starting_after")
        return decoded


AccountId = Annotated[UUID, PublicId("acc")]
AuditEntryId = Annotated[UUID, PublicId("aud")]
CallId = Annotated[UUID, PublicId("call")]
CampaignId = Annotated[UUID, PublicId("cmp")]
BaseId = Annotated[UUID, PublicId("kb")]
CaseId = Annotated[UUID, PublicId("case")]
DocumentId = Annotated[UUID, PublicId("doc")]
EarlierDraftId = Annotated[UUID, PublicId("draft")]
ExportId = Annotated[UUID, PublicId("exp")]
TokenId = Annotated[UUID, PublicId("tok")]
UserId = Annotated[UUID, PublicId("user")]
VersionId = Annotated[UUID, PublicId("ver")]
