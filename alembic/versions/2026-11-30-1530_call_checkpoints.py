"""Where a call's flow stands has a table of its own: one row per call, instead of an event per turn."""

from collections.abc import Sequence

from alembic import op

revision: str = "202611301530"
down_revision: str | Sequence[str] | None = "202611301430"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE call_checkpoints (
    account_id UUID NOT NULL,
    call_id UUID NOT NULL,
    seq INTEGER NOT NULL,
    encrypted_state TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_call_checkpoints PRIMARY KEY (account_id, call_id),
    CONSTRAINT fk_call_checkpoints_account_id_call_id
        FOREIGN KEY (account_id, call_id) REFERENCES call_sessions (account_id, id) ON DELETE CASCADE
);
"""

# The newest of each call that may still be resumed; the others served their purpose.
CARRY_OVER = """
INSERT INTO call_checkpoints (account_id, call_id, seq, encrypted_state, at)
SELECT DISTINCT ON (e.account_id, e.call_id) e.account_id, e.call_id, e.seq, e.data ->> 'sealed', e.at
FROM call_events e JOIN call_sessions c ON c.account_id = e.account_id AND c.id = e.call_id
WHERE e.kind = 'flow_state' AND c.status = 'active'
ORDER BY e.account_id, e.call_id, e.seq DESC
"""

ACCOUNT = "account_id = (select nullif(current_setting('app.account_id', true), '')::uuid)"


def upgrade() -> None:
    op.execute(TABLE)
    # The owner sees the rows of all accounts only while row-level security does not bind it. Nobody else sees this
    # moment: the tables are locked until the transaction ends.
    op.execute("alter table call_events no force row level security")
    op.execute("alter table call_sessions no force row level security")
    op.execute(CARRY_OVER)
    op.execute("delete from call_events where kind = 'flow_state'")
    op.execute("alter table call_events force row level security")
    op.execute("alter table call_sessions force row level security")
    op.execute("alter table call_checkpoints enable row level security")
    op.execute("alter table call_checkpoints force row level security")
    op.execute(f"create policy isolation on call_checkpoints using ({ACCOUNT}) with check ({ACCOUNT})")
    op.execute("grant select, insert, delete, update (seq, encrypted_state, at) on call_checkpoints to quantum_app")
