"""Mail that waits to be sent, and the queue of jobs that send it."""

from collections.abc import Sequence

from alembic import op
from procrastinate.schema import SchemaManager

revision: str = "202611211430"
down_revision: str | Sequence[str] | None = "202611210410"
branch_labels = None
depends_on = None

OUTBOX = """
CREATE TABLE outbox (
    id UUID NOT NULL,
    account_id UUID,
    user_id UUID,
    kind TEXT DEFAULT 'email' NOT NULL,
    template TEXT NOT NULL,
    recipient TEXT NOT NULL,
    data JSONB NOT NULL,
    idempotency_key TEXT NOT NULL,
    status TEXT DEFAULT 'waiting' NOT NULL,
    attempts INTEGER DEFAULT '0' NOT NULL,
    last_error TEXT,
    provider_id TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_outbox PRIMARY KEY (id),
    CONSTRAINT ck_outbox_owner CHECK ((account_id IS NULL) <> (user_id IS NULL)),
    CONSTRAINT ck_outbox_kind CHECK (kind IN ('email')),
    CONSTRAINT ck_outbox_status CHECK (status IN ('waiting', 'sent', 'failed')),
    CONSTRAINT ck_outbox_sent CHECK ((status = 'sent') = (sent_at IS NOT NULL)),
    CONSTRAINT fk_outbox_account_id
        FOREIGN KEY (account_id) REFERENCES accounts (account_id),
    CONSTRAINT uq_outbox_idempotency_key UNIQUE (idempotency_key)
);
CREATE INDEX ix_outbox_account_id_id ON outbox (account_id, id);
CREATE INDEX ix_outbox_user_id_id ON outbox (user_id, id);
CREATE INDEX ix_outbox_waiting ON outbox (created_at) WHERE status = 'waiting';
"""

OWNERS = {"isolation": "account_id", "own": "user_id"}

# What the application needs of the queue's tables. What a job is and is given stays as it was deferred.
JOB_GRANTS = {
    "procrastinate_jobs": "select, insert, delete, "
    "update (status, priority, queue_name, lock, attempts, scheduled_at, abort_requested, worker_id)",
    "procrastinate_events": "select, insert",
    "procrastinate_periodic_defers": "select, insert, delete, update (job_id)",
    "procrastinate_workers": "select, insert, delete, update (last_heartbeat)",
}
JOB_SEQUENCES = ("procrastinate_jobs_id_seq", "procrastinate_events_id_seq", "procrastinate_periodic_defers_id_seq")
JOB_FUNCTIONS = (
    "procrastinate_defer_jobs_v1",
    "procrastinate_defer_periodic_job_v2",
    "procrastinate_fetch_job_v2",
    "procrastinate_finish_job_v1",
    "procrastinate_retry_job_v2",
    "procrastinate_register_worker_v1",
    "procrastinate_unregister_worker_v1",
    "procrastinate_update_heartbeat_v1",
    "procrastinate_prune_stalled_workers_v1",
)

# Jobs carry the id of their message as their lock.
WAITING = """
    create function api.waiting_messages(created_before timestamptz)
    returns table (account_id uuid, user_id uuid, message_id uuid)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
        select o.account_id, o.user_id, o.id from public.outbox o
        where o.status = 'waiting' and o.created_at < $1 and not exists (
            select from jobs.procrastinate_jobs j
            where j.lock = o.id::text and j.status in ('todo', 'doing')
        )
    $$
"""


def upgrade() -> None:
    op.execute(OUTBOX)
    op.execute("alter table outbox enable row level security")
    op.execute("alter table outbox force row level security")
    for policy, column in OWNERS.items():
        condition = f"{column} = (select nullif(current_setting('app.{column}', true), '')::uuid)"
        op.execute(f"create policy {policy} on outbox using ({condition}) with check ({condition})")
    op.execute(
        "grant select, insert, update (status, attempts, last_error, provider_id, sent_at) on outbox to quantum_app"
    )
    queue()
    op.execute("grant select (id, account_id, user_id, status, created_at) on outbox to quantum_system")
    op.execute("grant usage on schema jobs to quantum_system")
    op.execute("grant select (lock, status) on jobs.procrastinate_jobs to quantum_system")
    op.execute("grant create on schema api to quantum_system")
    op.execute(WAITING)
    op.execute("revoke all on function api.waiting_messages(timestamptz) from public")
    op.execute("grant execute on function api.waiting_messages(timestamptz) to quantum_sweeper")
    op.execute("alter function api.waiting_messages(timestamptz) owner to quantum_system")
    op.execute("revoke create on schema api from quantum_system")


def queue() -> None:
    """procrastinate's own schema, as the package has it, in a schema of ours; its arguments are ids only."""
    op.execute("create schema jobs")
    op.execute("set local search_path = jobs")
    op.execute(SchemaManager.get_schema())
    op.execute("set local search_path to default")
    op.execute("revoke all on all functions in schema jobs from public")
    op.execute("grant usage on schema jobs to quantum_app")
    for table, rights in JOB_GRANTS.items():
        op.execute(f"grant {rights} on jobs.{table} to quantum_app")
    for sequence in JOB_SEQUENCES:
        op.execute(f"grant usage on sequence jobs.{sequence} to quantum_app")
    for function in JOB_FUNCTIONS:
        op.execute(f"grant execute on function jobs.{function} to quantum_app")
