"""An account has a time zone: what "tomorrow" and opening hours mean."""

from collections.abc import Sequence

from alembic import op

revision: str = "202611211800"
down_revision: str | Sequence[str] | None = "202611211730"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table accounts add column time_zone text default 'UTC' not null")
    op.execute("grant update (time_zone) on accounts to quantum_app")
