"""The first tables, their isolation, and the functions that see across it."""

from collections.abc import Sequence

from alembic import op

revision: str = "202611210410"
down_revision: str | Sequence[str] | None = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE accounts (
    account_id UUID NOT NULL,
    name TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_accounts PRIMARY KEY (account_id)
);

CREATE TABLE users (
    id UUID NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT ck_users_email CHECK (email = lower(email)),
    CONSTRAINT uq_users_email UNIQUE (email)
);

CREATE TABLE memberships (
    account_id UUID NOT NULL,
    user_id UUID NOT NULL,
    role TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_memberships PRIMARY KEY (account_id, user_id),
    CONSTRAINT ck_memberships_role CHECK (role IN ('owner', 'admin', 'operator', 'viewer')),
    CONSTRAINT fk_memberships_account_id
        FOREIGN KEY (account_id) REFERENCES accounts (account_id),
    CONSTRAINT fk_memberships_user_id
        FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE INDEX ix_memberships_user_id ON memberships (user_id);

CREATE TABLE campaigns (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    public_id TEXT NOT NULL,
    name TEXT NOT NULL,
    assistant_name TEXT NOT NULL,
    status TEXT NOT NULL,
    language TEXT NOT NULL,
    consent_text TEXT NOT NULL,
    consent_version TEXT NOT NULL,
    email_required BOOLEAN NOT NULL,
    max_duration INTEGER NOT NULL,
    published_version INTEGER,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_campaigns PRIMARY KEY (account_id, id),
    CONSTRAINT ck_campaigns_status CHECK (status IN ('active', 'paused')),
    CONSTRAINT ck_campaigns_max_duration CHECK (max_duration BETWEEN 30 AND 14400),
    CONSTRAINT fk_campaigns_account_id
        FOREIGN KEY (account_id) REFERENCES accounts (account_id),
    CONSTRAINT uq_campaigns_public_id UNIQUE (public_id)
);

CREATE TABLE flow_versions (
    account_id UUID NOT NULL,
    campaign_id UUID NOT NULL,
    version INTEGER NOT NULL,
    definition JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_flow_versions PRIMARY KEY (account_id, campaign_id, version),
    CONSTRAINT fk_flow_versions_account_id_campaign_id
        FOREIGN KEY (account_id, campaign_id) REFERENCES campaigns (account_id, id),
    CONSTRAINT ck_flow_versions_version CHECK (version > 0)
);

CREATE TABLE consent_tickets (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    campaign_id UUID NOT NULL,
    email TEXT,
    name TEXT,
    wording TEXT NOT NULL,
    wording_version TEXT NOT NULL,
    language TEXT NOT NULL,
    consented_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_consent_tickets PRIMARY KEY (account_id, id),
    CONSTRAINT fk_consent_tickets_account_id_campaign_id
        FOREIGN KEY (account_id, campaign_id) REFERENCES campaigns (account_id, id)
);

CREATE TABLE login_sessions (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    account_id UUID NOT NULL,
    token_hash BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_login_sessions PRIMARY KEY (id),
    CONSTRAINT fk_login_sessions_account_id_user_id
        FOREIGN KEY (account_id, user_id) REFERENCES memberships (account_id, user_id) ON DELETE CASCADE,
    CONSTRAINT uq_login_sessions_token_hash UNIQUE (token_hash)
);
CREATE INDEX ix_login_sessions_user_id ON login_sessions (user_id);

CREATE TABLE call_sessions (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    campaign_id UUID NOT NULL,
    flow_version INTEGER NOT NULL,
    ticket_id UUID NOT NULL,
    status TEXT DEFAULT 'active' NOT NULL,
    end_reason TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    answered_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    interruptions INTEGER DEFAULT '0' NOT NULL,
    rating INTEGER,
    comment TEXT,
    CONSTRAINT pk_call_sessions PRIMARY KEY (account_id, id),
    CONSTRAINT fk_call_sessions_account_id_campaign_id_flow_version
        FOREIGN KEY (account_id, campaign_id, flow_version)
        REFERENCES flow_versions (account_id, campaign_id, version),
    CONSTRAINT fk_call_sessions_account_id_ticket_id
        FOREIGN KEY (account_id, ticket_id) REFERENCES consent_tickets (account_id, id),
    CONSTRAINT uq_call_sessions_account_id_ticket_id UNIQUE (account_id, ticket_id),
    CONSTRAINT ck_call_sessions_status CHECK (status IN ('active', 'completed', 'failed', 'abandoned')),
    CONSTRAINT ck_call_sessions_end_reason
        CHECK (end_reason IS NULL OR end_reason IN ('goodbye', 'flow', 'caller_left', 'silence',
        'ghost', 'max_duration', 'worker_lost', 'error', 'never_joined')),
    CONSTRAINT ck_call_sessions_ended
        CHECK ((status = 'active') = (ended_at IS NULL) AND (ended_at IS NULL) = (end_reason IS NULL)),
    CONSTRAINT ck_call_sessions_rating CHECK (rating BETWEEN 1 AND 5)
);
CREATE INDEX ix_call_sessions_account_id_campaign_id_id ON call_sessions (account_id, campaign_id, id);
CREATE INDEX ix_call_sessions_active ON call_sessions (account_id, id) WHERE status = 'active';

CREATE TABLE call_transcripts (
    account_id UUID NOT NULL,
    call_id UUID NOT NULL,
    seq INTEGER NOT NULL,
    speaker TEXT NOT NULL,
    text TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE NOT NULL,
    typed BOOLEAN NOT NULL,
    interrupted BOOLEAN NOT NULL,
    node_id TEXT,
    sources TEXT[] NOT NULL,
    latency JSONB,
    CONSTRAINT pk_call_transcripts PRIMARY KEY (account_id, call_id, seq),
    CONSTRAINT fk_call_transcripts_account_id_call_id
        FOREIGN KEY (account_id, call_id) REFERENCES call_sessions (account_id, id),
    CONSTRAINT ck_call_transcripts_speaker CHECK (speaker IN ('caller', 'assistant', 'operator'))
);

CREATE TABLE call_events (
    account_id UUID NOT NULL,
    call_id UUID NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    data JSONB NOT NULL,
    CONSTRAINT pk_call_events PRIMARY KEY (account_id, call_id, seq),
    CONSTRAINT fk_call_events_account_id_call_id
        FOREIGN KEY (account_id, call_id) REFERENCES call_sessions (account_id, id)
);

CREATE TABLE usage_events (
    account_id UUID NOT NULL,
    call_id UUID NOT NULL,
    seq INTEGER NOT NULL,
    provider TEXT NOT NULL,
    kind TEXT NOT NULL,
    unit TEXT NOT NULL,
    quantity NUMERIC(20, 9) NOT NULL,
    cost NUMERIC(20, 9) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_usage_events PRIMARY KEY (account_id, call_id, seq),
    CONSTRAINT fk_usage_events_account_id_call_id
        FOREIGN KEY (account_id, call_id) REFERENCES call_sessions (account_id, id),
    CONSTRAINT ck_usage_events_unit CHECK (unit IN ('seconds', 'characters', 'tokens_in', 'tokens_out'))
);
ALTER TABLE campaigns ADD CONSTRAINT fk_campaigns_account_id_id_published_version
    FOREIGN KEY (account_id, id, published_version) REFERENCES flow_versions (account_id, campaign_id, version);
"""

ACCOUNT = "account_id = (select nullif(current_setting('app.account_id', true), '')::uuid)"
PERSON = "{} = (select nullif(current_setting('app.user_id', true), '')::uuid)"

ACCOUNT_TABLES = (
    "accounts",
    "memberships",
    "campaigns",
    "flow_versions",
    "consent_tickets",
    "call_sessions",
    "call_transcripts",
    "call_events",
    "usage_events",
)
PERSON_TABLES = {"users": "id", "login_sessions": "user_id"}

# What the application may do. Nothing of a call is deleted, turns and consent tickets are never changed.
GRANTS = {
    "accounts": "select, insert, update (name)",
    "users": "select, insert, update (name, password_hash)",
    "memberships": "select, insert",
    "login_sessions": "select, insert, delete",
    "campaigns": "select, insert, update (name, assistant_name, status, language, consent_text, consent_version, "
    "email_required, max_duration, published_version)",
    "flow_versions": "select, insert",
    "consent_tickets": "select, insert",
    "call_sessions": "select, insert, "
    "update (status, end_reason, answered_at, ended_at, interruptions, rating, comment)",
    "call_transcripts": "select, insert",
    "call_events": "select, insert",
    "usage_events": "select, insert",
}

# What the functions' owner may read.
SYSTEM_GRANTS = {
    "accounts": "select (account_id, name)",
    "users": "select (id, email, name, password_hash)",
    "memberships": "select (account_id, user_id, role)",
    "login_sessions": "select (user_id, account_id, token_hash, expires_at)",
    "campaigns": "select (account_id, id, public_id)",
    "call_sessions": "select (account_id, id, status, created_at, answered_at)",
}

# name, arguments, result, query, who may call it
FUNCTIONS = (
    (
        "campaign_by_public_id",
        "public_id text",
        "table (account_id uuid, campaign_id uuid)",
        "select c.account_id, c.id from public.campaigns c where c.public_id = $1",
        "quantum_app",
    ),
    (
        "login_by_email",
        "email text",
        "table (user_id uuid, password_hash text)",
        "select u.id, u.password_hash from public.users u where u.email = lower($1)",
        "quantum_app",
    ),
    (
        "identity_by_token",
        "token_hash bytea",
        "table (user_id uuid, account_id uuid, name text, email text, role text, account_name text)",
        "select u.id, a.account_id, u.name, u.email, m.role, a.name"
        " from public.login_sessions s"
        " join public.users u on u.id = s.user_id"
        " join public.memberships m on m.account_id = s.account_id and m.user_id = s.user_id"
        " join public.accounts a on a.account_id = s.account_id"
        " where s.token_hash = $1 and s.expires_at > pg_catalog.now()",
        "quantum_app",
    ),
    (
        "open_calls",
        "created_before timestamptz",
        "table (account_id uuid, call_id uuid, answered_at timestamptz)",
        "select c.account_id, c.id, c.answered_at from public.call_sessions c"
        " where c.status = 'active' and c.created_at < $1",
        "quantum_sweeper",
    ),
)


def upgrade() -> None:
    op.execute(TABLES)
    op.execute("grant usage on schema public to quantum_app, quantum_system")
    for table in ACCOUNT_TABLES:
        isolate(table, ACCOUNT)
    for table, column in PERSON_TABLES.items():
        isolate(table, PERSON.format(column))
    # A person sees their own memberships before any account is chosen.
    op.execute(f"create policy own on memberships for select to quantum_app using ({PERSON.format('user_id')})")
    for table, rights in GRANTS.items():
        op.execute(f"grant {rights} on {table} to quantum_app")
    for table, rights in SYSTEM_GRANTS.items():
        op.execute(f"grant {rights} on {table} to quantum_system")
    op.execute("create schema api")
    op.execute("grant usage on schema api to quantum_app, quantum_sweeper")
    op.execute("grant usage, create on schema api to quantum_system")
    for function in FUNCTIONS:
        define(*function)
    op.execute("revoke create on schema api from quantum_system")


def isolate(table: str, condition: str) -> None:
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy isolation on {table} using ({condition}) with check ({condition})")


def define(name: str, arguments: str, result: str, query: str, caller: str) -> None:
    op.execute(
        f"create function api.{name}({arguments}) returns {result} language sql stable security definer "
        f"set search_path = pg_catalog, pg_temp as $${query}$$"
    )
    types = ", ".join(argument.split()[1] for argument in arguments.split(", "))
    op.execute(f"revoke all on function api.{name}({types}) from public")
    op.execute(f"grant execute on function api.{name}({types}) to {caller}")
    op.execute(f"alter function api.{name}({types}) owner to quantum_system")
