"""Somebody signs up by an identity whose address is not verified; an account shows the domain of its owner."""

from collections.abc import Sequence

from alembic import op

revision: str = "202611300740"
down_revision: str | Sequence[str] | None = "202611212130"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE signups
    ALTER COLUMN password_hash DROP NOT NULL,
    ADD COLUMN issuer TEXT,
    ADD COLUMN subject TEXT,
    ADD CONSTRAINT ck_signups_identity
        CHECK ((password_hash IS NULL) = (issuer IS NOT NULL) AND (issuer IS NULL) = (subject IS NULL));

ALTER TABLE accounts ADD COLUMN show_domain BOOLEAN DEFAULT false NOT NULL;
"""

# The session's account and no other; the domain alone, not who the owner is.
OWNER_DOMAIN = """
create function api.owner_domain() returns table (domain text) language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select substring(u.email from '[^@]+$')
    from public.memberships m join public.users u on u.id = m.user_id
    where m.role = 'owner'
    and m.account_id = (select nullif(current_setting('app.account_id', true), '')::uuid)
$$
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute("grant update (show_domain) on accounts to quantum_app")
    op.execute("grant create on schema api to quantum_system")
    op.execute(OWNER_DOMAIN)
    op.execute("revoke all on function api.owner_domain() from public")
    op.execute("grant execute on function api.owner_domain() to quantum_app")
    op.execute("alter function api.owner_domain() owner to quantum_system")
    op.execute("revoke create on schema api from quantum_system")
