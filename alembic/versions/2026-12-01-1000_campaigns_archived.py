"""Campaigns can be archived."""

from collections.abc import Sequence

from alembic import op

revision: str = "202612011000"
down_revision: str | Sequence[str] | None = "202611301800"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table campaigns add column archived_at timestamp with time zone")
    op.execute("grant update (archived_at) on campaigns to quantum_app")
