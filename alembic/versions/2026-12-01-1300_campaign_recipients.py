"""Who gets the results of a campaign's calls by email. So far: the account's owner."""

from collections.abc import Sequence

from alembic import op

revision: str = "202612011300"
down_revision: str | Sequence[str] | None = "202612011100"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE campaign_recipients (
    account_id UUID NOT NULL,
    campaign_id UUID NOT NULL,
    user_id UUID NOT NULL,
    CONSTRAINT pk_campaign_recipients PRIMARY KEY (account_id, campaign_id, user_id),
    CONSTRAINT fk_campaign_recipients_account_id_campaign_id
        FOREIGN KEY (account_id, campaign_id) REFERENCES campaigns (account_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_campaign_recipients_account_id_user_id
        FOREIGN KEY (account_id, user_id) REFERENCES memberships (account_id, user_id) ON DELETE CASCADE
);
CREATE INDEX ix_campaign_recipients_account_id_user_id ON campaign_recipients (account_id, user_id);
"""
OWNERS = """
INSERT INTO campaign_recipients (account_id, campaign_id, user_id)
SELECT c.account_id, c.id, m.user_id FROM campaigns c JOIN memberships m USING (account_id) WHERE m.role = 'owner'
"""
READ = ("campaigns", "memberships")

ACCOUNT = "account_id = (select nullif(current_setting('app.account_id', true), '')::uuid)"


def upgrade() -> None:
    op.execute(TABLE)
    # The owner sees the rows of all accounts only while row-level security does not bind it. Nobody else sees this
    # moment: the tables are locked until the transaction ends.
    for table in READ:
        op.execute(f"alter table {table} no force row level security")
    op.execute(OWNERS)
    for table in READ:
        op.execute(f"alter table {table} force row level security")
    op.execute("alter table campaign_recipients enable row level security")
    op.execute("alter table campaign_recipients force row level security")
    op.execute(f"create policy isolation on campaign_recipients using ({ACCOUNT}) with check ({ACCOUNT})")
    op.execute("grant select, insert, delete on campaign_recipients to quantum_app")
