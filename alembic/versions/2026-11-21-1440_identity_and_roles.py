"""People sign up, prove who they are and belong to accounts by roles; what they do is written down."""

from collections.abc import Sequence

from alembic import op

revision: str = "202611211440"
down_revision: str | Sequence[str] | None = "202611211430"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE accounts
    ADD COLUMN second_factor_required BOOLEAN DEFAULT false NOT NULL,
    ADD COLUMN retention_days INTEGER,
    ADD COLUMN deleted_at TIMESTAMP WITH TIME ZONE,
    ADD CONSTRAINT ck_accounts_retention_days CHECK (retention_days BETWEEN 1 AND 3650);

ALTER TABLE users
    ALTER COLUMN password_hash DROP NOT NULL,
    ADD COLUMN totp_secret BYTEA,
    ADD COLUMN totp_confirmed_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN totp_last_step BIGINT,
    ADD CONSTRAINT ck_users_totp CHECK (totp_confirmed_at IS NULL OR totp_secret IS NOT NULL);

ALTER TABLE campaigns ADD COLUMN deleted_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE call_sessions ADD COLUMN deleted_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE memberships
    DROP CONSTRAINT ck_memberships_role,
    ADD CONSTRAINT ck_memberships_role
        CHECK (role IN ('owner', 'admin', 'builder', 'operator', 'developer', 'viewer'));

ALTER TABLE login_sessions
    ADD COLUMN kind TEXT DEFAULT 'browser' NOT NULL,
    ADD COLUMN previous_hash BYTEA,
    ADD COLUMN address TEXT DEFAULT '' NOT NULL,
    ADD COLUMN user_agent TEXT DEFAULT '' NOT NULL,
    ADD COLUMN last_seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    ADD CONSTRAINT ck_login_sessions_kind CHECK (kind IN ('browser', 'api')),
    ADD CONSTRAINT uq_login_sessions_previous_hash UNIQUE (previous_hash);

CREATE TABLE signups (
    id UUID NOT NULL,
    account_name TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    browser_hash BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_signups PRIMARY KEY (id),
    CONSTRAINT ck_signups_email CHECK (email = lower(email))
);

CREATE TABLE one_time_tokens (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    purpose TEXT NOT NULL,
    email TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_one_time_tokens PRIMARY KEY (id),
    CONSTRAINT ck_one_time_tokens_purpose CHECK (purpose IN ('reset_password', 'change_email', 'second_factor')),
    CONSTRAINT fk_one_time_tokens_user_id FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX ix_one_time_tokens_user_id ON one_time_tokens (user_id);

CREATE TABLE recovery_codes (
    user_id UUID NOT NULL,
    code_hash BYTEA NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_recovery_codes PRIMARY KEY (user_id, code_hash),
    CONSTRAINT fk_recovery_codes_user_id FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE user_identities (
    user_id UUID NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    email TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_user_identities PRIMARY KEY (issuer, subject),
    CONSTRAINT fk_user_identities_user_id FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX ix_user_identities_user_id ON user_identities (user_id);

CREATE TABLE invitations (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    invited_by TEXT NOT NULL,
    invited_by_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    accepted_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_invitations PRIMARY KEY (account_id, id),
    CONSTRAINT ck_invitations_email CHECK (email = lower(email)),
    CONSTRAINT ck_invitations_role CHECK (role IN ('admin', 'builder', 'operator', 'developer', 'viewer')),
    CONSTRAINT fk_invitations_account_id FOREIGN KEY (account_id) REFERENCES accounts (account_id)
);
CREATE UNIQUE INDEX uq_invitations_open ON invitations (account_id, email)
    WHERE accepted_at IS NULL AND revoked_at IS NULL;

CREATE TABLE audit_log (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    actor_id UUID,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    entity TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    previous JSONB,
    new JSONB,
    request_id TEXT,
    address TEXT,
    CONSTRAINT pk_audit_log PRIMARY KEY (account_id, id),
    CONSTRAINT fk_audit_log_account_id FOREIGN KEY (account_id) REFERENCES accounts (account_id)
);
CREATE INDEX ix_audit_log_account_id_action_id ON audit_log (account_id, action, id);
"""

ACCOUNT = "account_id = (select nullif(current_setting('app.account_id', true), '')::uuid)"
PERSON = "{} = (select nullif(current_setting('app.user_id', true), '')::uuid)"
ACCOUNT_TABLES = ("invitations", "audit_log")
PERSON_TABLES = {
    "signups": "id",
    "one_time_tokens": "user_id",
    "recovery_codes": "user_id",
    "user_identities": "user_id",
}

# Nobody changes or deletes what the audit log says.
GRANTS = {
    "accounts": "update (second_factor_required, retention_days, deleted_at)",
    "campaigns": "update (deleted_at)",
    "call_sessions": "update (deleted_at)",
    "users": "update (email, totp_secret, totp_confirmed_at, totp_last_step)",
    "memberships": "update (role), delete",
    "login_sessions": "update (token_hash, previous_hash, last_seen_at)",
    "signups": "select, insert, delete",
    "one_time_tokens": "select, insert, update (used_at)",
    "recovery_codes": "select, insert, update (used_at), delete",
    "user_identities": "select, insert, delete",
    "invitations": "select, insert, update (accepted_at, revoked_at)",
    "audit_log": "select, insert",
}

SYSTEM_GRANTS = {
    "accounts": "select (second_factor_required, deleted_at)",
    "campaigns": "select (deleted_at)",
    "users": "select (totp_confirmed_at)",
    "memberships": "select (created_at)",
    "login_sessions": "select (id, kind, created_at, last_seen_at, previous_hash)",
    "one_time_tokens": "select (id, user_id)",
    "user_identities": "select (user_id, issuer, subject)",
    "invitations": "select (account_id, id)",
}

_IDENTITY = (
    "table (session_id uuid, kind text, user_id uuid, account_id uuid, name text, email text, role text,"
    " account_name text, second_factor boolean, second_factor_required boolean,"
    " account_deleted_at timestamptz, last_seen_at timestamptz, began_at timestamptz)"
)
# A login ends two weeks after it began (expires_at), and a day after it was last used.
_IDENTITY_QUERY = (
    "select s.id, s.kind, u.id, a.account_id, u.name, u.email, m.role, a.name, u.totp_confirmed_at is not null,"
    " a.second_factor_required, a.deleted_at, s.last_seen_at, s.created_at"
    " from public.login_sessions s"
    " join public.users u on u.id = s.user_id"
    " join public.memberships m on m.account_id = s.account_id and m.user_id = s.user_id"
    " join public.accounts a on a.account_id = s.account_id"
    " where {} and s.expires_at > pg_catalog.now()"
    " and s.last_seen_at > pg_catalog.now() - interval '24 hours'"
)

# name, arguments, result, query, who may call it
FUNCTIONS = (
    (
        "campaign_by_public_id",
        "public_id text",
        "table (account_id uuid, campaign_id uuid)",
        "select c.account_id, c.id from public.campaigns c join public.accounts a on a.account_id = c.account_id"
        " where c.public_id = $1 and c.deleted_at is null and a.deleted_at is null",
        "quantum_app",
    ),
    (
        "identity_by_token",
        "token_hash bytea",
        _IDENTITY,
        _IDENTITY_QUERY.format("s.token_hash = $1 and s.kind = 'browser'"),
        "quantum_app",
    ),
    ("identity_by_session", "session_id uuid", _IDENTITY, _IDENTITY_QUERY.format("s.id = $1"), "quantum_app"),
    (
        "login_by_refresh",
        "token_hash bytea",
        "table (session_id uuid, user_id uuid, spent boolean)",
        "select s.id, s.user_id, s.token_hash <> $1 from public.login_sessions s"
        " where s.kind = 'api' and (s.token_hash = $1 or s.previous_hash = $1)",
        "quantum_app",
    ),
    (
        "user_by_identity",
        "issuer text, subject text",
        "table (user_id uuid)",
        "select i.user_id from public.user_identities i where i.issuer = $1 and i.subject = $2",
        "quantum_app",
    ),
    (
        "user_of_token",
        "token_id uuid",
        "table (user_id uuid)",
        "select t.user_id from public.one_time_tokens t where t.id = $1",
        "quantum_app",
    ),
    (
        "account_of_invitation",
        "invitation_id uuid",
        "table (account_id uuid)",
        "select i.account_id from public.invitations i join public.accounts a on a.account_id = i.account_id"
        " where i.id = $1 and a.deleted_at is null",
        "quantum_app",
    ),
    (
        "members",
        "",
        "table (user_id uuid, name text, email text, role text, second_factor boolean, joined_at timestamptz,"
        " last_seen_at timestamptz)",
        "select u.id, u.name, u.email, m.role, u.totp_confirmed_at is not null, m.created_at,"
        " (select max(s.last_seen_at) from public.login_sessions s"
        "   where s.user_id = u.id and s.account_id = m.account_id)"
        " from public.memberships m join public.users u on u.id = m.user_id"
        f" where m.{ACCOUNT}",
        "quantum_app",
    ),
    (
        "accounts_of_person",
        "",
        "table (account_id uuid, name text, role text, deleted_at timestamptz)",
        "select a.account_id, a.name, m.role, a.deleted_at"
        " from public.memberships m join public.accounts a on a.account_id = m.account_id"
        f" where {PERSON.format('m.user_id')} order by m.created_at",
        "quantum_app",
    ),
)


def upgrade() -> None:
    op.execute(TABLES)
    for table in ACCOUNT_TABLES:
        isolate(table, ACCOUNT)
    for table, column in PERSON_TABLES.items():
        isolate(table, PERSON.format(column))
    for table, rights in GRANTS.items():
        op.execute(f"grant {rights} on {table} to quantum_app")
    for table, rights in SYSTEM_GRANTS.items():
        op.execute(f"grant {rights} on {table} to quantum_system")
    op.execute("grant create on schema api to quantum_system")
    # Dropped as its owner; the migrating role may become it, and has none of its rights before.
    op.execute("set local role quantum_system")
    op.execute("drop function api.identity_by_token(bytea), api.campaign_by_public_id(text)")
    op.execute("reset role")
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
    types = ", ".join(argument.split()[1] for argument in arguments.split(", ") if argument)
    op.execute(f"revoke all on function api.{name}({types}) from public")
    op.execute(f"grant execute on function api.{name}({types}) to {caller}")
    op.execute(f"alter function api.{name}({types}) owner to quantum_system")
