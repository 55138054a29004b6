"""Logins of programs end. Revision 202611300750 meant to, but saw no row of a table that binds its owner, too."""

from collections.abc import Sequence

from alembic import op

revision: str = "202611301800"
down_revision: str | Sequence[str] | None = "202611301530"
branch_labels = None
depends_on = None

# Their tokens would pass for browsers' now. What kind of login each was is left in the audit log alone.
API_LOGINS = """
DELETE FROM login_sessions l USING audit_log a
WHERE a.account_id = l.account_id AND a.action = 'login.began' AND a.entity_id = l.id::text
AND a.new ->> 'kind' = 'api'
"""


def upgrade() -> None:
    # The owner sees the rows of all accounts only while row-level security does not bind it. Nobody else sees this
    # moment: the tables are locked until the transaction ends.
    op.execute("alter table login_sessions no force row level security")
    op.execute("alter table audit_log no force row level security")
    op.execute(API_LOGINS)
    op.execute("alter table login_sessions force row level security")
    op.execute("alter table audit_log force row level security")
