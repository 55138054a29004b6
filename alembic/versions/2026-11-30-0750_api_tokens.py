"""Programs use API tokens; logins are browsers' alone."""

from collections.abc import Sequence

from alembic import op

revision: str = "202611300750"
down_revision: str | Sequence[str] | None = "202611300740"
branch_labels = None
depends_on = None

# They go with the membership.
TABLES = """
DELETE FROM login_sessions WHERE kind <> 'browser';
ALTER TABLE login_sessions DROP COLUMN kind, DROP COLUMN previous_hash;

CREATE TABLE api_tokens (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    last_four TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    last_used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_api_tokens PRIMARY KEY (account_id, id),
    CONSTRAINT uq_api_tokens_token_hash UNIQUE (token_hash),
    CONSTRAINT uq_api_tokens_account_id_user_id_name UNIQUE (account_id, user_id, name),
    CONSTRAINT ck_api_tokens_role CHECK (role IN ('viewer', 'builder', 'admin')),
    CONSTRAINT fk_api_tokens_account_id_user_id
        FOREIGN KEY (account_id, user_id) REFERENCES memberships (account_id, user_id) ON DELETE CASCADE
);
"""

ACCOUNT = "account_id = (select nullif(current_setting('app.account_id', true), '')::uuid)"

_COLUMNS = (
    "session_id uuid, user_id uuid, account_id uuid, name text, email text, role text, account_name text,"
    " second_factor boolean, second_factor_required boolean, account_deleted_at timestamptz,"
    " last_seen_at timestamptz, began_at timestamptz"
)
_PERSON = "u.id, a.account_id, u.name, u.email, m.role, a.name, u.totp_confirmed_at is not null,"
_JOINS = (
    " join public.users u on u.id = x.user_id"
    " join public.memberships m on m.account_id = x.account_id and m.user_id = x.user_id"
    " join public.accounts a on a.account_id = x.account_id"
)

# A login ends two weeks after it began (expires_at), and a day after it was last used.
FUNCTIONS = {
    "identity_by_token": (
        f"table ({_COLUMNS})",
        f"select x.id, {_PERSON} a.second_factor_required, a.deleted_at, x.last_seen_at, x.created_at"
        f" from public.login_sessions x {_JOINS}"
        " where x.token_hash = $1 and x.expires_at > pg_catalog.now()"
        " and x.last_seen_at > pg_catalog.now() - interval '24 hours'",
    ),
    "identity_by_api_token": (
        f"table ({_COLUMNS}, token_name text, token_role text)",
        f"select x.id, {_PERSON} a.second_factor_required, a.deleted_at, x.last_used_at, x.created_at, x.name, x.role"
        f" from public.api_tokens x {_JOINS}"
        " where x.token_hash = $1 and (x.expires_at is null or x.expires_at > pg_catalog.now())",
    ),
}


def upgrade() -> None:
    op.execute("grant create on schema api to quantum_system")
    # Dropped as its owner; the migrating role may become it, and has none of its rights before.
    op.execute("set local role quantum_system")
    op.execute("drop function api.identity_by_token(bytea), api.identity_by_session(uuid), api.login_by_refresh(bytea)")
    op.execute("reset role")
    op.execute(TABLES)
    op.execute("alter table api_tokens enable row level security")
    op.execute("alter table api_tokens force row level security")
    op.execute(f"create policy isolation on api_tokens using ({ACCOUNT}) with check ({ACCOUNT})")
    op.execute("grant select, insert, update (last_used_at), delete on api_tokens to quantum_app")
    op.execute(
        "grant select (account_id, id, user_id, name, role, token_hash, created_at, expires_at, last_used_at)"
        " on api_tokens to quantum_system"
    )
    for name, (result, query) in FUNCTIONS.items():
        op.execute(
            f"create function api.{name}(token_hash bytea) returns {result} language sql stable security definer "
            f"set search_path = pg_catalog, pg_temp as $${query}$$"
        )
        op.execute(f"revoke all on function api.{name}(bytea) from public")
        op.execute(f"grant execute on function api.{name}(bytea) to quantum_app")
        op.execute(f"alter function api.{name}(bytea) owner to quantum_system")
    op.execute("revoke create on schema api from quantum_system")
