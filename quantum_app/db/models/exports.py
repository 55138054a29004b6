"""Data that somebody takes along."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from quantum_app.db.models.base import AccountKey, Base, Created, one_of


class Export(Base):
    """All data of an account, or of one caller, as a file in the data folder.

    contact: the caller's e-mail address or phone number; none for everything. size: in bytes, once it is ready.
    """

    __tablename__ = "exports"
    __table_args__ = (one_of("status", "waiting", "ready", "failed"),)
    account_id: Mapped[AccountKey] = mapped_column(ForeignKey("accounts.account_id"))
    id: Mapped[UUID] = mapped_column(primary_key=True)
    requested_by: Mapped[UUID]
    contact: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default="waiting")
    size: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[Created]
    finished_at: Mapped[datetime | None]
