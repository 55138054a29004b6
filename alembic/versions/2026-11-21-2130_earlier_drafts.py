"""A draft that a whole flow took the place of is kept."""

from collections.abc import Sequence

from alembic import op

revision: str = "202611212130"
down_revision: str | Sequence[str] | None = "202611211800"
branch_labels = None
depends_on = None

# They go with their campaign, like the draft.
TABLE = """
CREATE TABLE flow_earlier_drafts (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    campaign_id UUID NOT NULL,
    definition JSONB NOT NULL,
    replaced_by UUID,
    replaced_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_flow_earlier_drafts PRIMARY KEY (account_id, id),
    CONSTRAINT fk_flow_earlier_drafts_account_id_campaign_id
        FOREIGN KEY (account_id, campaign_id) REFERENCES campaigns (account_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_flow_earlier_drafts_account_id_campaign_id_id ON flow_earlier_drafts (account_id, campaign_id, id);
"""

ACCOUNT = "account_id = (select nullif(current_setting('app.account_id', true), '')::uuid)"


def upgrade() -> None:
    op.execute(TABLE)
    op.execute("alter table flow_earlier_drafts enable row level security")
    op.execute("alter table flow_earlier_drafts force row level security")
    op.execute(f"create policy isolation on flow_earlier_drafts using ({ACCOUNT}) with check ({ACCOUNT})")
    op.execute("grant select, insert, delete on flow_earlier_drafts to quantum_app")
