"""A person's data: taken along, erased, kept no longer than the account wants; deleted accounts are purged."""

from collections.abc import Sequence

from alembic import op

revision: str = "202611211450"
down_revision: str | Sequence[str] | None = "202611211440"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE consent_tickets ADD COLUMN phone TEXT;
CREATE INDEX ix_consent_tickets_account_id_email ON consent_tickets (account_id, email);
CREATE INDEX ix_consent_tickets_account_id_phone ON consent_tickets (account_id, phone) WHERE phone IS NOT NULL;

ALTER TABLE call_sessions ADD COLUMN erased_at TIMESTAMP WITH TIME ZONE;

CREATE TABLE exports (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    requested_by UUID NOT NULL,
    contact TEXT,
    status TEXT DEFAULT 'waiting' NOT NULL,
    size BIGINT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_exports PRIMARY KEY (account_id, id),
    CONSTRAINT ck_exports_status CHECK (status IN ('waiting', 'ready', 'failed')),
    CONSTRAINT fk_exports_account_id FOREIGN KEY (account_id) REFERENCES accounts (account_id)
);
"""

ACCOUNT = "account_id = (select nullif(current_setting('app.account_id', true), '')::uuid)"

GRANTS = {
    "consent_tickets": "update (email, name, phone)",
    "call_sessions": "update (erased_at)",
    "call_transcripts": "delete",
    "call_events": "delete",
    "exports": "select, insert, update (status, size, finished_at), delete",
}

# Everything of an account, in an order that foreign keys allow.
PURGED = (
    "exports",
    "outbox",
    "usage_events",
    "call_events",
    "call_transcripts",
    "call_sessions",
    "consent_tickets",
    "flow_versions",
    "campaigns",
    "invitations",
    "audit_log",
    "login_sessions",
    "memberships",
    "accounts",
)
# A deleted account can be restored for so long.
KEPT = "interval '30 days'"

PURGE = f"""
create function api.purge_account(account uuid) returns boolean language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp as $$
declare people uuid[];
begin
    perform from public.accounts a
        where a.account_id = account and a.deleted_at < pg_catalog.now() - {KEPT} for update;
    if not found then
        return false;
    end if;
    select pg_catalog.array_agg(m.user_id) into people from public.memberships m where m.account_id = account;
    update public.campaigns c set published_version = null where c.account_id = account;
    {" ".join(f"delete from public.{table} t where t.account_id = account;" for table in PURGED)}
    -- Who belongs to no account any more is nobody here.
    delete from public.outbox o where o.user_id = any (people)
        and not exists (select from public.memberships m where m.user_id = o.user_id);
    delete from public.users u where u.id = any (people)
        and not exists (select from public.memberships m where m.user_id = u.id);
    return true;
end $$
"""

UPKEEP = """
create function api.accounts_for_upkeep() returns table (account_id uuid, retention_days integer, purgeable boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select a.account_id, a.retention_days, coalesce(a.deleted_at < pg_catalog.now() - interval '30 days', false)
    from public.accounts a
$$
"""

EXPIRED = """
create function api.remove_expired() returns bigint language sql volatile security definer
set search_path = pg_catalog, pg_temp as $$
    with signups as (delete from public.signups s where s.expires_at < pg_catalog.now() returning 1),
    tokens as (delete from public.one_time_tokens t
        where t.expires_at < pg_catalog.now() - interval '7 days' returning 1),
    logins as (delete from public.login_sessions l where l.expires_at < pg_catalog.now()
        or l.last_seen_at < pg_catalog.now() - interval '24 hours' returning 1),
    people as (delete from public.users u where u.created_at < pg_catalog.now() - interval '30 days'
        and not exists (select from public.memberships m where m.user_id = u.id)
        and not exists (select from public.invitations i where i.email = u.email
            and i.expires_at > pg_catalog.now() and i.accepted_at is null and i.revoked_at is null) returning 1),
    mail as (delete from public.outbox o where o.user_id is not null
        and (o.status <> 'waiting' and o.created_at < pg_catalog.now() - interval '30 days'
            -- Of a sign-up that is over, or of somebody who is nobody here any more.
            or not exists (select from public.users u where u.id = o.user_id)
            and not exists (select from public.signups s
                where s.id = o.user_id and s.expires_at >= pg_catalog.now())) returning 1)
    select (select count(*) from signups) + (select count(*) from tokens) + (select count(*) from logins)
        + (select count(*) from people) + (select count(*) from mail)
$$
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute("alter table exports enable row level security")
    op.execute("alter table exports force row level security")
    op.execute(f"create policy isolation on exports using ({ACCOUNT}) with check ({ACCOUNT})")
    for table, rights in GRANTS.items():
        op.execute(f"grant {rights} on {table} to quantum_app")
    for table in (*PURGED, "users", "signups", "one_time_tokens"):
        op.execute(f"grant delete on {table} to quantum_system")
    for table in set(PURGED) - {"accounts", "memberships", "campaigns", "login_sessions"}:
        op.execute(f"grant select (account_id) on {table} to quantum_system")
    op.execute("grant select (retention_days, deleted_at) on accounts to quantum_system")
    op.execute("grant update (deleted_at) on accounts to quantum_system")  # to lock the row
    op.execute("grant update (published_version) on campaigns to quantum_system")
    op.execute("grant select (id, expires_at) on signups to quantum_system")
    op.execute("grant select (expires_at) on one_time_tokens to quantum_system")
    op.execute("grant select (created_at) on users to quantum_system")
    op.execute("grant select (email, expires_at, accepted_at, revoked_at) on invitations to quantum_system")
    op.execute("grant create on schema api to quantum_system")
    for function, signature in (
        (PURGE, "purge_account(uuid)"),
        (UPKEEP, "accounts_for_upkeep()"),
        (EXPIRED, "remove_expired()"),
    ):
        op.execute(function)
        op.execute(f"revoke all on function api.{signature} from public")
        op.execute(f"grant execute on function api.{signature} to quantum_sweeper")
        op.execute(f"alter function api.{signature} owner to quantum_system")
    op.execute("revoke create on schema api from quantum_system")
