"""Flows and cases know their size, and old versions and the flows of deleted campaigns can be removed."""

from collections.abc import Sequence

from alembic import op

revision: str = "202611300810"
down_revision: str | Sequence[str] | None = "202611300750"
branch_labels = None
depends_on = None

SIZED = {
    "flow_drafts": "definition",
    "flow_earlier_drafts": "definition",
    "flow_versions": "definition",
    "flow_cases": "body",
}


def upgrade() -> None:
    for table, column in SIZED.items():
        op.execute(
            f"alter table {table} add column size integer not null"
            f" generated always as (octet_length({column}::text)) stored"
        )
    op.execute(
        "create index ix_call_sessions_account_id_campaign_id_flow_version"
        " on call_sessions (account_id, campaign_id, flow_version)"
    )
    # A version that a call began with, or that is published, is held by its foreign keys.
    op.execute("grant delete on flow_versions, flow_drafts to quantum_app")
