"""Flows are drawn as drafts, published with a note, and tried by cases."""

from collections.abc import Sequence

from alembic import op

revision: str = "202611211730"
down_revision: str | Sequence[str] | None = "202611211450"
branch_labels = None
depends_on = None

# Both go with their campaign: the purge of an account takes campaigns away, and needs no other right for these.
TABLES = """
ALTER TABLE flow_versions
    ADD COLUMN author UUID,
    ADD COLUMN note TEXT DEFAULT '' NOT NULL;

CREATE TABLE flow_drafts (
    account_id UUID NOT NULL,
    campaign_id UUID NOT NULL,
    definition JSONB NOT NULL,
    revision INTEGER NOT NULL,
    base INTEGER NOT NULL,
    client TEXT NOT NULL,
    updated_by UUID,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_flow_drafts PRIMARY KEY (account_id, campaign_id),
    CONSTRAINT ck_flow_drafts_revision CHECK (revision >= 0),
    CONSTRAINT fk_flow_drafts_account_id_campaign_id
        FOREIGN KEY (account_id, campaign_id) REFERENCES campaigns (account_id, id) ON DELETE CASCADE
);

CREATE TABLE flow_cases (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    campaign_id UUID NOT NULL,
    name TEXT NOT NULL,
    body JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_flow_cases PRIMARY KEY (account_id, id),
    CONSTRAINT fk_flow_cases_account_id_campaign_id
        FOREIGN KEY (account_id, campaign_id) REFERENCES campaigns (account_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_flow_cases_account_id_campaign_id_id ON flow_cases (account_id, campaign_id, id);
"""

ACCOUNT = "account_id = (select nullif(current_setting('app.account_id', true), '')::uuid)"

GRANTS = {
    "flow_drafts": "select, insert, update (definition, revision, base, client, updated_by, updated_at)",
    "flow_cases": "select, insert, update (name, body, updated_at), delete",
}


def upgrade() -> None:
    op.execute(TABLES)
    for table, rights in GRANTS.items():
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy isolation on {table} using ({ACCOUNT}) with check ({ACCOUNT})")
        op.execute(f"grant {rights} on {table} to quantum_app")
