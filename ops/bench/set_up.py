"""Somebody with a campaign of their own, to measure with."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from quantum_app.db.session import account_session
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.campaigns.schemas import NewCampaign
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.identity import signup
from quantum_app.kit.ids import new_id, random_id


@dataclass(frozen=True, slots=True)
class BenchAccount:
    account_id: UUID
    campaign_id: UUID
    public_id: str
    email: str
    password: str


async def account(flow: FlowDefinition) -> BenchAccount:
    """An account with its owner and one campaign, which has this flow."""
    account_id, user_id, password = new_id(), new_id(), secrets.token_urlsafe(12)
    email = f"{user_id}@example.com"
    plain = flow.model_dump(mode="json")
    public_id = random_id("cmp")
    draft = NewCampaign(public_id, "Homes", "Mira", "en", "I agree.", "1", True, 300, plain)
    async with account_session(account_id, user_id=user_id) as session:
        await signup.create_owner(
            session, account_id, user_id, account="Bench", email=email, name="Bo", password=password
        )
        campaign_id = await campaigns.create_published(session, account_id, draft)
    return BenchAccount(account_id, campaign_id, public_id, email, password)
