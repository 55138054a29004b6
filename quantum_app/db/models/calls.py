"""Calls, their turns and their events."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from quantum_app.db.models.base import Base, Mapped, Timestamp, current_time, one_of, server_default


class CallSession(Base, table=True):
    """One conversation. answered_at: the assistant joined. The caller's name and address are on its ticket.

    origin: a caller, a test from the dashboard, or a sample of the demo. handled_at: a member dealt with the result.
    deleted_at: it can be restored until the purge. erased_at: nothing tells any more who called and what was said; what
    it cost stays.
    """

    __tablename__ = "call_sessions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "campaign_id", "flow_version"],
            ["flow_versions.account_id", "flow_versions.campaign_id", "flow_versions.version"],
        ),
        ForeignKeyConstraint(["account_id", "ticket_id"], ["consent_tickets.account_id", "consent_tickets.id"]),
        UniqueConstraint("account_id", "ticket_id"),
        Index(None, "account_id", "campaign_id", "id"),
        Index(None, "account_id", "campaign_id", "flow_version"),
        Index("ix_call_sessions_active", "account_id", "id", postgresql_where=text("status = 'active'")),
        one_of("status", "active", "completed", "failed", "abandoned"),
        one_of(
            "end_reason",
            "goodbye",
            "flow",
            "caller_left",
            "connection_lost",
            "silence",
            "no_audio",
            "max_duration",
            "worker_lost",
            "error",
            "never_joined",
            optional=True,
        ),
        CheckConstraint(
            "(status = 'active') = (ended_at IS NULL) AND (ended_at IS NULL) = (end_reason IS NULL)", name="ended"
        ),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        one_of("origin", "caller", "test", "sample"),
    )
    account_id: Mapped[UUID] = Field(primary_key=True)
    id: Mapped[UUID] = Field(primary_key=True)
    campaign_id: Mapped[UUID]
    flow_version: Mapped[int]
    ticket_id: Mapped[UUID]
    status: Mapped[str] = server_default("active", sa_type=Text)
    end_reason: Mapped[str | None] = Field(default=None, sa_type=Text)
    created_at: Mapped[datetime] = current_time()
    answered_at: Mapped[datetime | None] = Field(default=None, sa_type=Timestamp)
    ended_at: Mapped[datetime | None] = Field(default=None, sa_type=Timestamp)
    interruptions: Mapped[int] = server_default("0")
    rating: Mapped[int | None] = Field(default=None)
    comment: Mapped[str | None] = Field(default=None, sa_type=Text)
    deleted_at: Mapped[datetime | None] = Field(default=None, sa_type=Timestamp)
    erased_at: Mapped[datetime | None] = Field(default=None, sa_type=Timestamp)
    origin: Mapped[str] = server_default("caller", sa_type=Text)
    handled_at: Mapped[datetime | None] = Field(default=None, sa_type=Timestamp)
    handled_by: Mapped[UUID | None] = Field(default=None)


class CallTranscript(Base, table=True):
    """One turn. latency: the waterfall in milliseconds, keys as in `domain.calls.schemas.Latency`."""

    __tablename__ = "call_transcripts"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "call_id"], ["call_sessions.account_id", "call_sessions.id"]),
        one_of("speaker", "caller", "assistant", "operator"),
    )
    account_id: Mapped[UUID] = Field(primary_key=True)
    call_id: Mapped[UUID] = Field(primary_key=True)
    seq: Mapped[int] = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    speaker: Mapped[str]
    text: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    typed: Mapped[bool]
    interrupted: Mapped[bool]
    node_id: Mapped[str | None] = Field(default=None, sa_type=Text)
    sources: Mapped[list[str]]
    latency: Mapped[dict[str, Any] | None] = Field(default=None, sa_type=JSONB(none_as_null=True))


class CallCheckpoint(Base, table=True):
    """Where a call's flow stands, encrypted: it holds what the caller said about themselves. One row per call."""

    __tablename__ = "call_checkpoints"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "call_id"], ["call_sessions.account_id", "call_sessions.id"], ondelete="CASCADE"
        ),
    )
    account_id: Mapped[UUID] = Field(primary_key=True)
    call_id: Mapped[UUID] = Field(primary_key=True)
    seq: Mapped[int]
    encrypted_state: Mapped[str]
    at: Mapped[datetime]


class CallValue(Base, table=True):
    """What a call collected for a variable: its latest value, by the record's seq. Neither value: it was taken back.

    encrypted_value: instead of `value`, where the variable's sensitivity is `encrypt`. contact_hash: finds the call by
    an email address or a phone number.
    """

    __tablename__ = "call_values"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "call_id"], ["call_sessions.account_id", "call_sessions.id"], ondelete="CASCADE"
        ),
        one_of("sensitivity", "none", "redact", "encrypt"),
        CheckConstraint("value IS NULL OR encrypted_value IS NULL", name="plain_or_encrypted"),
        Index(
            "ix_call_values_contact",
            "account_id",
            "contact_hash",
            postgresql_where=text("contact_hash IS NOT NULL"),
        ),
    )
    account_id: Mapped[UUID] = Field(primary_key=True)
    call_id: Mapped[UUID] = Field(primary_key=True)
    variable: Mapped[str] = Field(primary_key=True, sa_type=Text)
    seq: Mapped[int]
    label: Mapped[str]
    kind: Mapped[str]
    sensitivity: Mapped[str]
    value: Mapped[Any | None] = Field(default=None, sa_type=JSONB(none_as_null=True))
    encrypted_value: Mapped[str | None] = Field(default=None, sa_type=Text)
    contact_hash: Mapped[bytes | None] = Field(default=None)
    at: Mapped[datetime]


class CallEvent(Base, table=True):
    """Something that happened on a call and is not an utterance."""

    __tablename__ = "call_events"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "call_id"], ["call_sessions.account_id", "call_sessions.id"]),
    )
    account_id: Mapped[UUID] = Field(primary_key=True)
    call_id: Mapped[UUID] = Field(primary_key=True)
    seq: Mapped[int] = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: Mapped[str]
    at: Mapped[datetime]
    data: Mapped[dict[str, Any]]
