"""Erasing a call also removes the addresses that its transcript was sent to."""

from collections.abc import Sequence

from alembic import op

revision: str = "202612011400"
down_revision: str | Sequence[str] | None = "202612011300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("grant update (recipient) on outbox to quantum_app")


def downgrade() -> None:
    op.execute("revoke update (recipient) on outbox from quantum_app")
