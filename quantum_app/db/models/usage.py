"""What providers were used for, and what it cost."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint
from sqlmodel import Field

from quantum_app.db.models.base import Base, Mapped, one_of


class UsageEvent(Base, table=True):
    """quantity in `unit`; cost in US dollars at the list price of the day."""

    __tablename__ = "usage_events"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "call_id"], ["call_sessions.account_id", "call_sessions.id"]),
        one_of("unit", "seconds", "characters", "tokens_in", "tokens_out"),
    )
    account_id: Mapped[UUID] = Field(primary_key=True)
    call_id: Mapped[UUID] = Field(primary_key=True)
    seq: Mapped[int] = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    provider: Mapped[str]
    kind: Mapped[str]
    unit: Mapped[str]
    quantity: Mapped[Decimal]
    cost: Mapped[Decimal]
    at: Mapped[datetime]
