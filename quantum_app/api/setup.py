"""Sets up an assistant: a template, a voice, and facts about the business. Published if nothing is missing."""

import asyncio
from collections import defaultdict
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from quantum_app.api import flow_work, rate_limits, simulation_jobs
from quantum_app.api.endpoint import Endpoint
from quantum_app.api.guard import allowed
from quantum_app.api.schemas import setup as schemas
from quantum_app.api.schemas.problem import FlowProblem
from quantum_app.db.session import account_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.flows import service as flows
from quantum_app.domain.flows.model import placeholders
from quantum_app.domain.flows.model.definition import AnswerNode, FlowDefinition, Node, StartNode
from quantum_app.domain.flows.model.voices import VOICES, label
from quantum_app.domain.flows.ports import Speaking
from quantum_app.domain.flows.service import Writer
from quantum_app.domain.flows.templates import TEMPLATES, Template, template
from quantum_app.domain.flows.testing import preview as previews
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import InvalidInput, NotFound
from quantum_app.kit.clock import now
from quantum_app.providers import speaking
from quantum_app.settings import settings

Editor = Annotated[Identity, allowed(Permission.CAMPAIGNS_WRITE)]

_WAV = "audio/wav"
_SAMPLE = "Hello, thanks for calling. How can I help you today?"
_DEFAULT_VOICE = "default"  # in an address

router = APIRouter(prefix="/api/setup", route_class=Endpoint, tags=["Setup"])

# By voice. The words are always the same, so each voice is asked for once; 150 kB each.
_samples: dict[str, bytes] = {}
# Of those who ask for a voice at once, one asks the vendor.
_locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)


class SetUpAssistant(BaseModel):
    template: str = Field(max_length=64, description="The id of a template.")
    assistant_name: str = Field(campaigns.ASSISTANT, max_length=campaigns.LONGEST_NAME)
    voice: str = Field("", max_length=64, description="The id of a voice, or empty.")
    facts: dict[Annotated[str, Field(max_length=80)], Annotated[str, Field(max_length=placeholders.LONGEST_FACT)]] = (
        Field({}, max_length=20, description="By label. Without one, the placeholder stays.")
    )


@router.get("", summary="Retrieve set-up options")
async def retrieve_setup_options(identity: Editor) -> schemas.SetupOptions:
    """Returns templates with the facts that they need, and voices."""
    return schemas.SetupOptions(
        account=identity.account_name,
        assistant_name=campaigns.ASSISTANT,
        templates=[
            schemas.SetupTemplate(
                id=item.id,
                name=item.name,
                description=item.description,
                facts=[schemas.SetupFact(label=fact, example=previews.EXAMPLES.get(fact, "")) for fact in _facts(item)],
            )
            for item in TEMPLATES
        ],
        voices=_voices(),
    )


@router.get("/templates/{template_id}/preview", summary="Preview a template")
async def preview_template(template_id: str, identity: Editor) -> schemas.Preview:
    """Returns a conversation of an example business, which the engine holds with a made-up caller."""
    await rate_limits.count(rate_limits.TESTS_BY_PERSON, "preview", str(identity.user_id))
    if template(template_id) is None:
        raise NotFound("Template not found.")
    async with account_session(identity.account_id) as session:
        time_zone = (await accounts.get_settings(session, identity.account_id)).time_zone
    servers = flow_work.servers(identity.account_id)
    lines = await flow_work.run(identity.account_id, simulation_jobs.preview, servers, template_id, now(), time_zone)
    business = previews.EXAMPLE_BUSINESSES[template_id]
    return schemas.Preview(
        business=business.name,
        trade=business.trade,
        lines=[schemas.PreviewLine(speaker=speaker, text=text) for speaker, text in lines],
    )


@router.get(
    "/voices/{voice}/sample",
    summary="Hear a voice",
    response_class=Response,
    responses={200: {"content": {_WAV: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def hear_voice(voice: str, identity: Editor) -> Response:
    """Returns a sentence in this voice, as a WAV file. `default` is the voice that calls have without a choice."""
    await rate_limits.count(rate_limits.SAMPLES_BY_PERSON, "voice", str(identity.user_id))
    name = "" if voice == _DEFAULT_VOICE else voice
    if name and name not in VOICES:
        raise NotFound("Voice not found.")
    async with _locks[name]:
        if name not in _samples:
            speech: Speaking = speaking.Speaking(settings().deepgram)
            _samples[name] = await speech.recording(_SAMPLE, name)
    return Response(_samples[name], media_type=_WAV)


@router.post("", summary="Set up an assistant", status_code=201)
async def set_up_assistant(body: SetUpAssistant, identity: Editor) -> schemas.NewAssistant:
    """Creates a campaign from a template, with the account's name and these facts, and publishes it if it can be."""
    await rate_limits.count(rate_limits.PUBLICATIONS_BY_ACCOUNT, "publish by account", str(identity.account_id))
    flow_template = template(body.template)
    if flow_template is None:
        raise InvalidInput("Choose a template.", field="template")
    if body.voice and body.voice not in VOICES:
        raise InvalidInput("Choose a voice.", field="voice")
    flow = _for_callers(flow_template.definition, body.voice)
    facts = {placeholders.BUSINESS_NAME: identity.account_name, **body.facts}
    problems = await flow_work.check(identity.account_id, placeholders.fill(flow, facts), campaigns.MAX_CALL_SECONDS)
    errors = tuple(item for item in problems if item.severity == "error")
    version = None
    async with account_session(identity.account_id, user_id=identity.user_id) as session:
        campaign_id = await campaigns.create(
            session,
            identity.account_id,
            identity.actor,
            flow_template.line_name,
            flow,
            assistant_name=body.assistant_name,
            facts=body.facts,
        )
        public_id = (await campaigns.get_snapshot(session, campaign_id)).public_id
        if not errors:
            version = await flows.publish(
                session,
                Writer(identity.account_id, identity.actor),
                campaign_id,
                revision=(await flows.draft(session, campaign_id)).revision,
                note="",
                problems=problems,
            )
    return schemas.NewAssistant(
        id=campaign_id,
        public_id=public_id,
        version=version,
        problems=[FlowProblem.model_validate(item) for item in errors],
    )


@cache
def _facts(item: Template) -> tuple[str, ...]:
    """Labels of the facts that the template needs, besides the account's name."""
    labels = placeholders.labels(item.definition)
    return tuple(label for label in labels if label != placeholders.BUSINESS_NAME)


def _voices() -> list[schemas.SetupVoice]:
    """The local engine speaks all voices alike, so only the vendor has a choice."""
    voices = [schemas.SetupVoice(id="", name="Standard")]
    if not settings().deepgram.is_local:
        voices += [schemas.SetupVoice(id=voice, name=label(voice)) for voice in VOICES]
    return voices


def _for_callers(flow: FlowDefinition, voice: str) -> FlowDefinition:
    """With the voice, and without examples, which callers never hear."""
    sources = tuple(source for source in flow.knowledge if not source.example)
    source_ids = {source.id for source in sources}

    def for_callers(node: Node) -> Node:
        match node:
            case StartNode():
                return node.model_copy(update={"voice": voice})
            case AnswerNode():
                return node.model_copy(update={"knowledge": tuple(id_ for id_ in node.knowledge if id_ in source_ids)})
            case _:
                return node

    return flow.model_copy(update={"nodes": tuple(map(for_callers, flow.nodes)), "knowledge": sources})
