"""The tables, one module per aggregate. Importing this package fills `Base.metadata`."""

from quantum_app.db.models.accounts import Account, Membership
from quantum_app.db.models.base import Base
from quantum_app.db.models.calls import CallEvent, CallSession, CallTranscript
from quantum_app.db.models.campaigns import Campaign, FlowVersion
from quantum_app.db.models.consents import ConsentTicket
from quantum_app.db.models.outbox import OutboxMessage
from quantum_app.db.models.usage import UsageEvent
from quantum_app.db.models.users import LoginSession, User

__all__ = [
    "Account",
    "Base",
    "CallEvent",
    "CallSession",
    "CallTranscript",
    "Campaign",
    "ConsentTicket",
    "FlowVersion",
    "LoginSession",
    "Membership",
    "OutboxMessage",
    "UsageEvent",
    "User",
]
