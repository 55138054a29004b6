"""Data that somebody takes along."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Text
from sqlmodel import Field

from quantum_app.db.models.base import Base, Mapped, Timestamp, current_time, one_of, server_default


class Export(Base, table=True):
    """All data of an account, or of one caller, as a file in the data folder.

    contact: the caller's email address or phone number; none for everything. size: in bytes, once it is ready.
    """

    __tablename__ = "exports"
    __table_args__ = (one_of("status", "waiting", "ready", "failed"),)
    account_id: Mapped[UUID] = Field(primary_key=True, foreign_key="accounts.account_id")
    id: Mapped[UUID] = Field(primary_key=True)
    requested_by: Mapped[UUID]
    contact: Mapped[str | None] = Field(default=None, sa_type=Text)
    status: Mapped[str] = server_default("waiting", sa_type=Text)
    size: Mapped[int | None] = Field(default=None, sa_type=BigInteger)
    created_at: Mapped[datetime] = current_time()
    finished_at: Mapped[datetime | None] = Field(default=None, sa_type=Timestamp)
