"""Exports as shown on the page."""

from dataclasses import dataclass

from quantum_app.domain.privacy.schemas import Export
from quantum_app.kit import ids

_STATUS = {"waiting": ("In progress", "amber"), "ready": ("Ready", "green"), "failed": ("Failed", "red")}


@dataclass
class ExportRow:
    """A row of the list. link: Path of the file once it's ready, or empty."""

    id: str = ""
    subject: str = ""
    requested_at: str = ""
    status: str = ""
    tone: str = ""
    size: str = ""
    link: str = ""


def export(item: Export) -> ExportRow:
    status, tone = _STATUS[item.status]
    public_id = ids.encode("exp", item.id)
    return ExportRow(
        id=public_id,
        subject=item.contact or "Everything",
        requested_at=item.created_at.isoformat(),
        status=status,
        tone=tone,
        size=_size(item.size) if item.size is not None else "",
        link=f"/api/exports/{public_id}" if item.status == "ready" else "",
    )


def _size(amount: int) -> str:
    return f"{max(1, round(amount / 1024))} kB" if amount < 1024**2 else f"{amount / 1024**2:.1f} MB"
