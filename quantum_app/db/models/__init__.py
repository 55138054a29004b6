"""The tables, one module per aggregate. Importing this package fills `Base.metadata`."""

from quantum_app.db.models.accounts import Account, Invitation, Membership
from quantum_app.db.models.audit import AuditEntry
from quantum_app.db.models.base import Base
from quantum_app.db.models.calls import CallCheckpoint, CallEvent, CallSession, CallTranscript, CallValue
from quantum_app.db.models.campaigns import Campaign, CampaignRecipient
from quantum_app.db.models.consents import ConsentTicket
from quantum_app.db.models.exports import Export
from quantum_app.db.models.flows import FlowCase, FlowDraft, FlowEarlierDraft, FlowVersion
from quantum_app.db.models.knowledge import KnowledgeBase, KnowledgeChunk, KnowledgeDocument, KnowledgeVersion
from quantum_app.db.models.outbox import OutboxMessage
from quantum_app.db.models.usage import UsageEvent
from quantum_app.db.models.users import (
    ApiToken,
    LoginSession,
    OneTimeToken,
    RecoveryCode,
    Signup,
    User,
    UserIdentity,
)

__all__ = [
    "Account",
    "ApiToken",
    "AuditEntry",
    "Base",
    "CallCheckpoint",
    "CallEvent",
    "CallSession",
    "CallTranscript",
    "CallValue",
    "Campaign",
    "CampaignRecipient",
    "ConsentTicket",
    "Export",
    "FlowCase",
    "FlowDraft",
    "FlowEarlierDraft",
    "FlowVersion",
    "Invitation",
    "KnowledgeBase",
    "KnowledgeChunk",
    "KnowledgeDocument",
    "KnowledgeVersion",
    "LoginSession",
    "Membership",
    "OneTimeToken",
    "OutboxMessage",
    "RecoveryCode",
    "Signup",
    "UsageEvent",
    "User",
    "UserIdentity",
]
