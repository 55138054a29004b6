"""Setting up an assistant from a template."""

from typing import Literal

from pydantic import Field

from quantum_app.api.public_ids import CampaignId
from quantum_app.api.schemas.base import Resource
from quantum_app.api.schemas.problem import FlowProblem


class SetupFact(Resource):
    """A fact that the template leaves to the business."""

    label: str
    example: str = Field(description="Empty if there is none.")


class SetupTemplate(Resource):
    """A template to start from."""

    id: str
    name: str
    description: str
    facts: list[SetupFact]


class SetupVoice(Resource):
    """A voice that callers can hear."""

    id: str = Field(description="Empty for the voice that calls have without a choice.")
    name: str


class SetupOptions(Resource):
    """What an assistant can be set up from."""

    account: str = Field(description="The business that it speaks for.")
    assistant_name: str = Field(description="The name that it has without a choice.")
    templates: list[SetupTemplate]
    voices: list[SetupVoice]


class PreviewLine(Resource):
    """Something said on a call."""

    speaker: Literal["caller", "assistant"]
    text: str


class Preview(Resource):
    """A conversation with a template, held by the engine with a made-up caller."""

    business: str = Field(description="The example that the assistant speaks for.")
    trade: str = Field(description="What the example is, such as `a hair salon`.")
    lines: list[PreviewLine]


class NewAssistant(Resource):
    """A campaign that was set up."""

    id: CampaignId
    public_id: str = Field(description="The id in the address of the call page.")
    version: int | None = Field(description="The published version, or null while something is missing.")
    problems: list[FlowProblem] = Field(description="What has to be done before it can be published.")
