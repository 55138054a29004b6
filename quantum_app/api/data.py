"""Exports of an account's data."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import FileResponse

from quantum_app.api.endpoint import Endpoint
from quantum_app.api.guard import allowed
from quantum_app.api.public_ids import ExportId
from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.audit import service as audit
from quantum_app.domain.identity.schemas import Identity
from quantum_app.domain.privacy import service as privacy
from quantum_app.providers.data_folder import DataFolder
from quantum_app.settings import settings

router = APIRouter(prefix="/api", route_class=Endpoint, tags=["Exports"])

Exporter = Annotated[Identity, allowed(Permission.DATA_EXPORT)]
_ZIP = "application/zip"
_FILE = {"content": {_ZIP: {"schema": {"type": "string", "format": "binary"}}}}


@router.get("/exports/{export_id}", summary="Download an export", response_class=FileResponse, responses={200: _FILE})
async def download_export(export_id: ExportId, identity: Exporter) -> FileResponse:
    """Returns a zip archive with one JSON file per table."""
    async with account_session(identity.account_id, user_id=identity.user_id) as session:
        export = await privacy.get_export(session, export_id)
        await audit.record(session, identity.account_id, identity.actor, "data.downloaded", "export", export_id)
    path = DataFolder(settings().home).export_path(identity.account_id, export.id)
    return FileResponse(path, media_type=_ZIP, filename=f"export-{export.created_at:%Y-%m-%d}.zip")
