"""Demo data: a rental company, its user, the campaign behind `/call/demo`, and a week of sample calls."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session, public_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.calls import samples
from quantum_app.domain.calls.samples import SampleCall
from quantum_app.domain.campaigns import demo_flow, repository, service
from quantum_app.domain.campaigns.schemas import NewCampaign
from quantum_app.domain.flows.model.conditions import Fallback
from quantum_app.domain.flows.model.definition import (
    AnswerNode,
    Edge,
    EndNode,
    FlowDefinition,
    KnowledgeSource,
    StartNode,
)
from quantum_app.domain.flows.model.rules import Keywords, Rules, ScoreRule
from quantum_app.domain.identity import signup
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id

_SAMPLE_CALLS = Path(__file__).parent / "demo_calls.json"
PUBLIC_ID = "demo"
EMAIL = "demo@northquay.example"
ACCOUNT_NAME = "Northquay Living"

_CONSENT_VERSION = "2026-11-2"
_CONSENT_TEXT = (
    "You will talk to an AI assistant. I agree that Northquay Living transcribes this call, stores the transcript with "
    "my name and email address, and uses it to answer my question and to follow up."
)

_KNOWLEDGE = {
    "Price list": (
        "A studio is 980 euros a month, a one-bedroom apartment starts at 1,240 euros, and a two-bedroom apartment "
        "starts at 1,690 euros.",
        "Three-bedroom apartments start at 2,150 euros a month, and there are only four of them in the building.",
    ),
    "Lease terms": (
        "The shortest lease is twelve months, and it can be renewed every year.",
        "The deposit is two months' rent, and you get it back within thirty days after moving out.",
        "To apply, you need an ID card, your last three pay stubs, and a reference from your landlord.",
        "You can end the lease early with two months' notice, for a fee of one month's rent.",
    ),
    "House rules": (
        "Pets are welcome: each apartment may have up to two cats or dogs, for 25 euros a month per pet.",
        "Smoking is not allowed inside the apartments, but it is fine on the balconies.",
        "You may sublet a room once we have agreed to it in writing.",
    ),
    "Parking": (
        "A parking space in the garage costs 95 euros a month, and bicycles park for free.",
        "There are twelve charging points for electric cars in the garage.",
    ),
    "Tours": (
        "You can tour the apartments from Monday to Saturday, and a tour takes about thirty minutes.",
        "To book a tour, choose a time on our website or call the office.",
    ),
    "Office": (
        "The office is open from nine to six on weekdays, and from ten to four on Saturdays.",
        "You can write to hello@northquay.example, or call the office during opening hours.",
    ),
    "Location": (
        "The building is at 12 Quay Street, right by the harbor, and the tram to the city center takes eight minutes.",
        "There is a supermarket next door, and the primary school is five minutes away on foot.",
    ),
    "Utilities": (
        "Heating and water are included in the rent. Electricity is billed separately, about 60 euros a month.",
        "Fiber internet is in every apartment, and the first six months are free.",
    ),
    "Amenities": (
        "There is a gym on the ground floor, free for residents and open day and night.",
        "Every apartment has a balcony, a dishwasher, and a washing machine.",
    ),
    "Moving in": ("The next apartments are free from the first of January, and you can move in on any weekday.",),
}


@cache
def flow() -> FlowDefinition:
    """The heart of the demo's flow: greeting, answers from the company's knowledge, farewell."""
    return FlowDefinition(
        start="start",
        persona=(
            "You are Mira, the AI assistant of Northquay Living, a company that rents homes by the harbor. "
            "Answer in one or two short spoken sentences. Be warm and precise."
        ),
        fillers=("One moment, please.", "Let me look that up.", "Let me check."),
        knowledge=tuple(
            KnowledgeSource(id=source.lower().replace(" ", "-"), name=source, texts=texts)
            for source, texts in _KNOWLEDGE.items()
        ),
        nodes=(
            StartNode(
                id="start",
                name="Greeting",
                greeting=(
                    "Hello, this is Mira, the AI assistant of Northquay Living. "
                    "What would you like to know about our apartments?"
                ),
            ),
            AnswerNode(
                id="answers",
                name="Questions",
                y=180,
                threshold=0.35,
                limit=100,
                fallback=(
                    "I don't have that in front of me. The office can tell you, on weekdays from nine to six. "
                    "Is there anything else?"
                ),
            ),
            EndNode(
                id="end",
                name="Farewell",
                y=360,
                next_steps="You can book a tour on our website at any time.",
                farewell="Thank you for calling Northquay Living. Goodbye!",
            ),
        ),
        edges=(
            Edge(id="greeted", source="start", target="answers", condition=Fallback()),
            Edge(id="answered", source="answers", target="end", condition=Fallback()),
        ),
        rules=Rules(
            scores=(
                ScoreRule(
                    id="price",
                    when=Keywords(keywords=("price", "prices", "rent", "cost", "costs", "how much")),
                    points=10,
                    reason="Asked about the price",
                ),
                ScoreRule(
                    id="tour",
                    when=Keywords(keywords=("tour", "tours", "viewing", "visit", "look at the apartment")),
                    points=20,
                    reason="Wants a tour",
                ),
                ScoreRule(
                    id="moving",
                    when=Keywords(keywords=("move in", "moving in", "available", "free from")),
                    points=15,
                    reason="Asked about moving in",
                ),
            ),
        ),
    )


def sample_calls() -> list[SampleCall]:
    """A week of calls (`ops/generate/sample_calls.py`)."""
    return TypeAdapter(list[SampleCall]).validate_json(_SAMPLE_CALLS.read_bytes())


@cache
def campaign_flow() -> FlowDefinition:
    """What the demo's campaign publishes."""
    return demo_flow.with_tours(flow())


async def seed(password: str) -> None:
    """Create the demo data, or update it to this version. Raises DependencyUnavailable(DB)."""
    async with public_session() as session:
        campaign = await repository.by_public_id(session, PUBLIC_ID)
    if campaign is None:
        await _create(password)
        return
    await signup.ensure_password(EMAIL, password)
    async with account_session(campaign.account_id) as session:
        await service.update_consent_text(session, campaign.campaign_id, _CONSENT_TEXT, _CONSENT_VERSION)
        published = campaign_flow().model_dump(mode="json")
        await service.publish_flow(session, campaign.account_id, campaign.campaign_id, published)
        await _add_samples(session, campaign.campaign_id)


async def _create(password: str) -> None:
    account_id, user_id = new_id(), new_id()
    async with account_session(account_id, user_id=user_id) as session:
        await signup.create_owner(
            session, account_id, user_id, account=ACCOUNT_NAME, email=EMAIL, name="Demo User", password=password
        )
        settings = replace(await accounts.get_settings(session, account_id), show_domain=True)
        await accounts.update_settings(session, account_id, Actor(user_id, EMAIL), settings)
        draft = NewCampaign(
            public_id=PUBLIC_ID,
            name="Apartments at the harbor",
            assistant_name="Mira",
            language="en",
            consent_text=_CONSENT_TEXT,
            consent_version=_CONSENT_VERSION,
            email_required=True,
            max_duration=600,
            flow=campaign_flow().model_dump(mode="json"),
        )
        # The service refuses a public ID that can be guessed.
        campaign_id = await repository.add(session, account_id, draft)
        await service.publish_flow(session, account_id, campaign_id, draft.flow)
        await _add_samples(session, campaign_id)


async def _add_samples(session: AsyncSession, campaign_id: UUID) -> None:
    """Add the sample calls, as of now, unless there are any."""
    if await samples.exist(session):
        return
    campaign, at = await service.get_snapshot(session, campaign_id), now()
    for sample in sorted(sample_calls(), key=lambda sample: sample.began(at)):
        await samples.add(session, campaign, sample, sample.began(at))
