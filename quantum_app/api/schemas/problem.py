"""What the API answers when a request fails."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from quantum_app.api.schemas.base import Resource
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.validation.problem import ProblemCode, Severity
from quantum_app.errors import Component


class Problem(BaseModel):
    """An error, as RFC 9457 describes it."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Always `about:blank`: `code` says which error it is.")
    title: str = Field(description="The phrase of the HTTP status.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What went wrong and what to do, for a person.")
    code: str = Field(description="What went wrong, for programs. Codes are stable.")
    request_id: str = Field(description="The id of the request, also in the `X-Request-ID` header.")
    field: Annotated[str, Field(description="The field of the request that is invalid, if it is about one.")] = ""
    retry_after: Annotated[int, Field(description="Seconds to wait before trying again.")] = 0
    component: Annotated[Component | None, Field(description="The part of the voice path that failed.")] = None


class FlowProblem(Resource):
    """Something about a flow that its author should know."""

    severity: Severity
    code: ProblemCode = Field(description="What it is about, for programs. Codes are stable.")
    message: str
    remedy: str = Field(description="What to do about it.")
    node: str | None = Field(description="The id of the node it is about.")
    edge: str | None = Field(description="The id of the edge it is about.")
    field: str | None = Field(
        description="The field of the node or edge, or the path from the flow's root, such as `variables.email.ask`."
    )


class DraftConflict(Problem):
    """Somebody else changed the draft in the meantime. Compare with theirs, then send your change again."""

    revision: int = Field(description="The revision of the draft as it is now.")
    updated_by: str | None = Field(description="The name of the person who changed it.")
    definition: FlowDefinition


class NotPublishable(Problem):
    """The request is invalid, or the flow has errors and cannot be published."""

    problems: list[FlowProblem] = Field([], description="The problems of the flow, if its errors are the reason.")


Responses = dict[int | str, dict[str, Any]]


def problems(*statuses: int) -> Responses:
    """For `responses=` of a route: the statuses of errors that it has besides those that all routes like it have."""
    return {status: {"model": Problem} for status in statuses}
