"""What a call collected has a table of its own, and calls know where they come from and whether they are handled."""

from collections.abc import Sequence

from alembic import op

revision: str = "202612011100"
down_revision: str | Sequence[str] | None = "202612011000"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE call_values (
    account_id UUID NOT NULL,
    call_id UUID NOT NULL,
    variable TEXT NOT NULL,
    seq INTEGER NOT NULL,
    label TEXT NOT NULL,
    kind TEXT NOT NULL,
    sensitivity TEXT NOT NULL,
    value JSONB,
    encrypted_value TEXT,
    contact_hash BYTEA,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_call_values PRIMARY KEY (account_id, call_id, variable),
    CONSTRAINT fk_call_values_account_id_call_id
        FOREIGN KEY (account_id, call_id) REFERENCES call_sessions (account_id, id) ON DELETE CASCADE,
    CONSTRAINT ck_call_values_sensitivity CHECK (sensitivity IN ('none', 'redact', 'encrypt')),
    CONSTRAINT ck_call_values_plain_or_encrypted CHECK (value IS NULL OR encrypted_value IS NULL)
);
CREATE INDEX ix_call_values_contact ON call_values (account_id, contact_hash) WHERE contact_hash IS NOT NULL;
"""
COLUMNS = """
ALTER TABLE call_sessions
    ADD origin TEXT DEFAULT 'caller' NOT NULL,
    ADD handled_at TIMESTAMP WITH TIME ZONE,
    ADD handled_by UUID,
    ADD CONSTRAINT ck_call_sessions_origin CHECK (origin IN ('caller', 'test', 'sample')),
    DROP CONSTRAINT ck_call_sessions_end_reason,
    ADD CONSTRAINT ck_call_sessions_end_reason CHECK (end_reason IS NULL OR end_reason IN ('goodbye', 'flow',
        'caller_left', 'connection_lost', 'silence', 'no_audio', 'max_duration', 'worker_lost', 'error',
        'never_joined'));
"""
# Values that were shown stood in events; hidden ones were never stored.
CARRY_OVER = """
INSERT INTO call_values (account_id, call_id, variable, seq, label, kind, sensitivity, value, at)
SELECT DISTINCT ON (account_id, call_id, data ->> 'variable')
    account_id, call_id, data ->> 'variable', seq, '', 'text', 'none', data -> 'value', at
FROM call_events
WHERE kind = 'slot.filled' AND data ->> 'variable' IS NOT NULL AND data ->> 'value' <> '•••'
ORDER BY account_id, call_id, data ->> 'variable', seq DESC
"""
# Erased calls have no turns, whatever was said.
NOBODY_SPOKE = """
UPDATE call_sessions c SET status = 'abandoned'
WHERE status = 'completed' AND erased_at IS NULL AND NOT EXISTS (
    SELECT FROM call_transcripts t
    WHERE t.account_id = c.account_id AND t.call_id = c.id AND t.speaker = 'caller'
)
"""
READ = ("call_events", "call_sessions", "call_transcripts")

ACCOUNT = "account_id = (select nullif(current_setting('app.account_id', true), '')::uuid)"


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(COLUMNS)
    # The owner sees the rows of all accounts only while row-level security does not bind it. Nobody else sees this
    # moment: the tables are locked until the transaction ends.
    for table in READ:
        op.execute(f"alter table {table} no force row level security")
    op.execute(CARRY_OVER)
    op.execute(NOBODY_SPOKE)
    for table in READ:
        op.execute(f"alter table {table} force row level security")
    op.execute("alter table call_values enable row level security")
    op.execute("alter table call_values force row level security")
    op.execute(f"create policy isolation on call_values using ({ACCOUNT}) with check ({ACCOUNT})")
    op.execute(
        "grant select, insert, delete, update (seq, label, kind, sensitivity, value, encrypted_value, contact_hash, at)"
        " on call_values to quantum_app"
    )
    op.execute("grant update (handled_at, handled_by) on call_sessions to quantum_app")
