"""Deleted items as shown on the page."""

from dataclasses import dataclass

from quantum_app.domain.calls.schemas import DeletedCall
from quantum_app.domain.campaigns.schemas import DeletedCampaign
from quantum_app.kit import ids


@dataclass
class DeletedRow:
    """A deleted campaign or call. called, deleted, kept_until: ISO 8601; `called` is empty for a campaign."""

    id: str = ""
    name: str = ""
    campaign: str = ""
    called_at: str = ""
    deleted: str = ""
    kept_until: str = ""


def campaign(item: DeletedCampaign) -> DeletedRow:
    return DeletedRow(
        id=ids.encode("cmp", item.campaign_id),
        name=item.name,
        deleted=item.deleted_at.isoformat(),
        kept_until=item.kept_until.isoformat(),
    )


def call(item: DeletedCall) -> DeletedRow:
    return DeletedRow(
        id=ids.encode("call", item.call_id),
        name=item.caller_name or item.caller_email or "Unknown caller",
        campaign=item.campaign_name,
        called_at=item.created_at.isoformat(),
        deleted=item.deleted_at.isoformat(),
        kept_until=item.kept_until.isoformat(),
    )
