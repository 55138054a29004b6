"""Exports in words."""

from dataclasses import dataclass

from quantum_app.domain.privacy.schemas import Export
from quantum_app.kit import ids

_STATUS = {"waiting": ("Being made", "amber"), "ready": ("Ready", "green"), "failed": ("Failed", "red")}


@dataclass
class ExportRow:
    """link: where the file is, once it is ready."""

    id: str = ""
    of: str = ""
    asked: str = ""
    status: str = ""
    tone: str = ""
    size: str = ""
    link: str = ""


def export(item: Export) -> ExportRow:
    status, tone = _STATUS[item.status]
    public_id = ids.encode("exp", item.id)
    return ExportRow(
        id=public_id,
        of=item.contact or "Everything",
        asked=item.created_at.isoformat(),
        status=status,
        tone=tone,
        size=_size(item.size) if item.size is not None else "",
        link=f"/api/exports/{public_id}" if item.status == "ready" else "",
    )


def _size(amount: int) -> str:
    return f"{max(1, round(amount / 1024))} kB" if amount < 1024**2 else f"{amount / 1024**2:.1f} MB"
