"""Call events and end reasons have the names that the worker gives them now."""

from collections.abc import Sequence

from alembic import op

revision: str = "202611301430"
down_revision: str | Sequence[str] | None = "202611300810"
branch_labels = None
depends_on = None

KINDS = {
    "joined": "assistant.joined",
    "resumed": "assistant.resumed",
    "interrupted": "assistant.interrupted",
    "caller_left": "participant.left",
    "caller_back": "participant.reconnected",
    "backchannel": "backchannel.detected",
    "filler": "filler.played",
    "fallback": "fallback.used",
    "collected": "slot.filled",
    "scored": "score.changed",
    "handoff_wanted": "handoff.requested",
    "no_audio": "audio.missing",
    "not_understood": "stt.no_transcript",
    "not_listening": "stt.unavailable",
    "voice_failed": "tts.failed",
    "ended": "call.ended",
}
KEYS = (
    ("filler.played", "waiting_for", "component"),
    ("fallback.used", "segment", "component"),
    ("fallback.used", "why", "reason"),
)
REASONS = (
    "goodbye",
    "flow",
    "caller_left",
    "silence",
    "no_audio",
    "max_duration",
    "worker_lost",
    "error",
    "never_joined",
)


def upgrade() -> None:
    # The owner sees the rows of all accounts only while row-level security does not bind it. Nobody else sees this
    # moment: the tables are locked until the transaction ends.
    op.execute("alter table call_events no force row level security")
    op.execute("alter table call_sessions no force row level security")
    names = ", ".join(f"('{old}', '{new}')" for old, new in KINDS.items())
    op.execute(f"update call_events set kind = new from (values {names}) as name (old, new) where kind = old")
    for kind, old, new in KEYS:
        op.execute(
            f"update call_events set data = (data - '{old}') || jsonb_build_object('{new}', data -> '{old}')"
            f" where kind = '{kind}' and jsonb_exists(data, '{old}')"
        )
    op.execute(
        """update call_events set data = data || '{"reason": "no_audio"}'"""
        """ where kind = 'call.ended' and data ->> 'reason' = 'ghost'"""
    )
    op.execute("alter table call_sessions drop constraint ck_call_sessions_end_reason")
    op.execute("update call_sessions set end_reason = 'no_audio' where end_reason = 'ghost'")
    reasons = ", ".join(f"'{reason}'" for reason in REASONS)
    op.execute(
        "alter table call_sessions add constraint ck_call_sessions_end_reason"
        f" check (end_reason is null or end_reason in ({reasons}))"
    )
    op.execute("alter table call_events force row level security")
    op.execute("alter table call_sessions force row level security")
