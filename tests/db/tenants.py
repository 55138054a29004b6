"""Accounts to test with, made as the product makes them."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from pyotp.totp import TOTP
from sqlalchemy import text

from quantum_app.db.models.knowledge import DIMENSIONS
from quantum_app.db.session import account_session, user_session
from quantum_app.domain.accounts import members
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.calls import collected
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import (
    CallEnd,
    CallEvent,
    CallStatus,
    Checkpoint,
    EndReason,
    Speaker,
    Turn,
    Usage,
)
from quantum_app.domain.campaigns import demo
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.campaigns.schemas import CampaignSnapshot, NewCampaign
from quantum_app.domain.flows import drafts
from quantum_app.domain.flows import service as flows
from quantum_app.domain.flows.service import Writer
from quantum_app.domain.flows.testing import service as case_service
from quantum_app.domain.flows.testing import test_case
from quantum_app.domain.identity import api_tokens, credentials, external, second_factor, signup
from quantum_app.domain.identity import service as identity
from quantum_app.domain.identity.schemas import Identity, LoginToken
from quantum_app.domain.knowledge import repository as knowledge_repository
from quantum_app.domain.knowledge import service as knowledge
from quantum_app.domain.knowledge.chunking import Chunk
from quantum_app.domain.knowledge.schemas import Upload
from quantum_app.domain.outbox import service as outbox
from quantum_app.domain.privacy import service as privacy
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id, random_id
from quantum_app.providers.object_storage import ObjectStorage
from quantum_app.settings import settings

PASSWORD = "a password of the tests"


@dataclass(frozen=True)
class Tenant:
    """An account with its owner and one active campaign that asks for an e-mail address."""

    account_id: UUID
    user_id: UUID
    email: str
    campaign: CampaignSnapshot

    @property
    def actor(self) -> Actor:
        return Actor(self.user_id, self.email)


async def create_tenant() -> Tenant:
    account_id, user_id = new_id(), new_id()
    email = f"{user_id}@example.com"
    draft = NewCampaign(
        random_id("cmp"), "Homes", "Mira", "en", "I agree.", "2026-1", True, 300, demo.flow().model_dump(mode="json")
    )
    async with account_session(account_id, user_id=user_id) as session:
        await signup.create_owner(
            session, account_id, user_id, account="Homes", email=email, name="Robin", password=PASSWORD
        )
        campaign = await campaigns.get_snapshot(session, await campaigns.create_published(session, account_id, draft))
    return Tenant(account_id, user_id, email, campaign)


async def call(tenant: Tenant) -> UUID:
    async with account_session(tenant.account_id) as session:
        ticket = await calls.start(
            session, tenant.campaign, email="caller@example.com", name="Sam", consent=True, consent_version="2026-1"
        )
    return ticket.call_id


async def record_dialogue(
    tenant: Tenant,
    *dialogue: tuple[Speaker, str, str],
    end_reason: EndReason | None = EndReason.CALLER_LEFT,
    typed: bool = False,
) -> UUID:
    """A call of Ines Moreau, as the worker records it.

    dialogue: who says what at which node. end_reason: None while the call goes on. typed: the caller writes.
    """
    async with account_session(tenant.account_id) as session:
        ticket = await calls.start(
            session,
            tenant.campaign,
            email="ines@example.com",
            name="Ines Moreau",
            consent=True,
            consent_version="2026-1",
        )
        await calls.mark_answered(session, ticket.call_id)
        start = now()
        turns = [
            Turn(
                ticket.call_id,
                seq,
                speaker,
                text,
                start + timedelta(seconds=seq),
                start,
                typed=typed and speaker is Speaker.CALLER,
                node_id=node,
            )
            for seq, (speaker, text, node) in enumerate(dialogue, 1)
        ]
        await calls.record(session, tenant.account_id, turns)
        if end_reason is not None:
            end = CallEnd(ticket.call_id, CallStatus.COMPLETED, end_reason, start + timedelta(seconds=30))
            await calls.record(session, tenant.account_id, [end])
    return ticket.call_id


async def draw(tenant: Tenant) -> None:
    """A draft that is not what is published, one that it took the place of, and a case."""
    async with account_session(tenant.account_id) as session:
        writer = Writer(tenant.account_id, tenant.actor, "tab")
        change = drafts.read_change({"set": {"persona": "You are kind."}})
        draft = await flows.change(session, writer, tenant.campaign.campaign_id, change, revision=0)
        brief = draft.definition.model_copy(update={"persona": "You are brief."})
        await flows.replace(session, writer, tenant.campaign.campaign_id, brief, revision=1)
        case = test_case.read({"name": "A greeting", "turns": ["Hello"]})
        await case_service.add(session, tenant.account_id, tenant.campaign.campaign_id, case)


async def mail(tenant: Tenant) -> None:
    """One of the account's, and one of the person's own. All are marked as sent: no job shall change them later."""
    statement = text("update outbox set status = 'sent', sent_at = now() where status = 'waiting'")
    data = {"account": "Homes", "by": "Robin"}
    async with account_session(tenant.account_id) as session:
        await outbox.send_email(
            session, key=f"a/{new_id()}", to=tenant.email, template="ownership", data=data, account_id=tenant.account_id
        )
        await session.execute(statement)
    async with user_session(tenant.user_id) as session:
        await outbox.send_email(
            session,
            key=f"b/{new_id()}",
            to=tenant.email,
            template="password_changed",
            data={"name": "Robin"},
            user_id=tenant.user_id,
        )
        await session.execute(statement)


async def log_in(tenant: Tenant) -> Identity:
    """A login of the owner."""
    login = await identity.login(tenant.email, PASSWORD)
    assert isinstance(login, LoginToken)
    resolved = await identity.resolve(login.token)
    assert resolved is not None
    return resolved


async def api_token(tenant: Tenant, role: Role = Role.ADMIN, days: int | None = 30) -> str:
    """The text of a new API token of the owner."""
    owner = await log_in(tenant)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        _, text = await api_tokens.create_token(session, owner, f"Test {new_id()}", role, days)
    return text


async def as_program(tenant: Tenant, role: Role = Role.ADMIN) -> dict[str, str]:
    """The header of a program with an API token of the owner."""
    return {"authorization": f"Bearer {await api_token(tenant, role)}"}


async def export(tenant: Tenant) -> None:
    """Asked for, and made by nobody."""
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        await privacy.request_export(session, tenant.account_id, tenant.actor, contact=None)


async def know(tenant: Tenant, text: str = "Open daily.") -> UUID:
    """A knowledge base with a document of one passage, which is searched. Returns the ID of the document."""
    storage = ObjectStorage(settings().storage, settings().home)
    async with account_session(tenant.account_id) as session:
        base_id = await knowledge.create_base(session, tenant.account_id, tenant.actor, "Shop")
        document = await knowledge.add_document(
            session, storage, tenant.account_id, tenant.actor, base_id, Upload("hours.txt", "text/plain", text.encode())
        )
        chunk = Chunk(0, text, text, (), None, 0, len(text), hashlib.sha256(text.encode()).hexdigest())
        version_id = document.version.id
        await knowledge_repository.add_chunks(session, tenant.account_id, version_id, [chunk], [[0.1] * DIMENSIONS])
        await knowledge_repository.publish(session, document.id, version_id, 1, "test")
    return document.id


async def furnish_person(tenant: Tenant) -> None:
    """Everything that a person can have: login, links, second factor, API token, identity elsewhere, invitation."""
    owner = await log_in(tenant)
    await credentials.request_password_reset(tenant.email)
    await signup.sign_up(
        account="Next", name="Robin", email=f"next-{tenant.user_id}@example.com", password="words to remember"
    )
    await external.connect(owner, issuer="https://id.example.com", subject=str(tenant.user_id), email=tenant.email)
    async with account_session(tenant.account_id, user_id=tenant.user_id) as session:
        enrolment = await second_factor.enroll(session, owner)
        await second_factor.confirm(session, owner, TOTP(enrolment.secret).now())
        await members.invite(session, tenant.account_id, owner.actor, f"{new_id()}@example.com", Role.VIEWER)
        await api_tokens.create_token(session, owner, "Nightly report", Role.VIEWER, 90)


def turn(call_id: UUID, seq: int, text: str = "Hello") -> Turn:
    at = now()
    return Turn(call_id, seq, Speaker.CALLER, text, at, at + timedelta(seconds=1))


def checkpoint(call_id: UUID, seq: int) -> Checkpoint:
    return Checkpoint(call_id, seq, "encrypted", now())


def event(call_id: UUID, seq: int) -> CallEvent:
    return CallEvent(call_id, seq, "assistant.joined", now(), {"where": "room"})


def slot_event(call_id: UUID, seq: int, value: Any = "+14105550142", **fields: str) -> CallEvent:
    """What a call collected. of: variable, label, kind, sensitivity where it isn't an encrypted phone number."""
    fields = {"variable": "phone", "label": "Phone", "kind": "phone", "sensitivity": "encrypt", **fields}
    return CallEvent(call_id, seq, "slot.filled", now(), collected.event_data(value=value, **fields))


def usage(call_id: UUID, seq: int) -> Usage:
    return Usage(call_id, seq, "local/whisper", "stt", "seconds", Decimal("1.5"), Decimal("0.25"), now())
