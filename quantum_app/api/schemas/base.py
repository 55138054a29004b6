"""What all response models share."""

from datetime import datetime
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

Item = TypeVar("Item")

Timestamp = Annotated[
    datetime,
    PlainSerializer(datetime.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]


class Resource(BaseModel):
    """Base of response models. They read the domain's dataclasses by attribute."""

    model_config = ConfigDict(frozen=True, from_attributes=True, json_schema_serialization_defaults_required=True)


class Page(Resource, Generic[Item]):
    """One page of a list."""

    data: list[Item]
    has_more: bool = Field(description="Whether there is another page: pass the last id as `starting_after`.")
