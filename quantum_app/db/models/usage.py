"""What providers were used for, and what it cost."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from quantum_app.db.models.base import AccountKey, Base, one_of


class UsageEvent(Base):
    """quantity in `unit`; cost in US dollars at the list price of the day."""

    __tablename__ = "usage_events"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "call_id"], ["call_sessions.account_id", "call_sessions.id"]),
        one_of("unit", "seconds", "characters", "tokens_in", "tokens_out"),
    )
    account_id: Mapped[AccountKey]
    call_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    provider: Mapped[str]
    kind: Mapped[str]
    unit: Mapped[str]
    quantity: Mapped[Decimal]
    cost: Mapped[Decimal]
    at: Mapped[datetime]
