"""Sample calls, which show an account what its pages look like with calls. Figures leave them out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.domain.calls import repository, service
from quantum_app.domain.calls.endings import status_of
from quantum_app.domain.calls.schemas import CallEnd, CallEvent, EndReason, Latency, Origin, Speaker, Turn
from quantum_app.domain.campaigns.schemas import CampaignSnapshot
from quantum_app.kit.ids import new_id


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """A turn or an event of a sample call."""

    at: float
    """Seconds since the call began."""
    kind: str
    """`caller`, `assistant`, or an `EventKind`."""
    text: str = ""
    seconds: float = 0.0
    """How long it was spoken."""
    node: str | None = None
    sources: Sequence[str] = ()
    interrupted: bool = False
    typed: bool = False
    latency: dict[str, float] | None = None
    data: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class SampleCall:
    """A call that never was."""

    days_ago: int
    time: str
    """Of the day, in UTC: `14:05`."""
    name: str
    email: str
    end_reason: str
    """An `EndReason`."""
    seconds: float
    rating: int | None
    records: Sequence[SampleRecord]

    def began(self, now: datetime) -> datetime:
        """When it would have begun, if the sample was made now."""
        hour, minute = map(int, self.time.split(":"))
        day = (now - timedelta(days=self.days_ago)).replace(hour=hour, minute=minute, second=0, microsecond=0)
        return day if day < now - timedelta(hours=1) else day - timedelta(days=7)


async def exist(session: AsyncSession) -> bool:
    """Whether the account has sample calls."""
    return await repository.has_calls_of(session, Origin.SAMPLE.value)


async def add(session: AsyncSession, campaign: CampaignSnapshot, sample: SampleCall, began: datetime) -> None:
    """Store a sample call of a campaign, as if it had begun at this time."""
    assert campaign.flow_version is not None
    call_id = new_id(began)
    await repository.add(
        session,
        campaign.account_id,
        call_id,
        campaign.campaign_id,
        campaign.flow_version,
        email=sample.email,
        name=sample.name,
        phone=None,
        wording=campaign.consent_text,
        wording_version=campaign.consent_version,
        language=campaign.language,
        origin=Origin.SAMPLE.value,
        at=began,
    )
    await repository.mark_answered(session, call_id, began + timedelta(seconds=1))
    records: list[Turn | CallEvent | CallEnd] = []
    for seq, item in enumerate(sample.records, 1):
        at = began + timedelta(seconds=item.at)
        if item.kind not in set(Speaker):
            records.append(CallEvent(call_id, seq, item.kind, at, dict(item.data or {})))
            continue
        records.append(
            Turn(
                call_id,
                seq,
                Speaker(item.kind),
                item.text,
                at,
                at + timedelta(seconds=item.seconds),
                typed=item.typed,
                interrupted=item.interrupted,
                node_id=item.node,
                sources=tuple(item.sources),
                latency=Latency(**item.latency) if item.latency else None,
            )
        )
    reason = EndReason(sample.end_reason)
    caller_turns = sum(item.kind == Speaker.CALLER for item in sample.records)
    interruptions = sum(item.interrupted for item in sample.records)
    end = began + timedelta(seconds=sample.seconds)
    records.append(CallEnd(call_id, status_of(reason, caller_turns), reason, end, interruptions))
    await service.record(session, campaign.account_id, records)
    if sample.rating is not None:
        await service.rate(session, call_id, sample.rating, None)
