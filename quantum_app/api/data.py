"""Data to take along: the file itself."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import FileResponse

from quantum_app.api.guard import allowed
from quantum_app.api.problems import Endpoint
from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.audit import service as audit
from quantum_app.domain.identity.schemas import Identity
from quantum_app.domain.privacy import service as privacy
from quantum_app.errors import NotFound
from quantum_app.kit import ids
from quantum_app.providers.data_folder import DataFolder
from quantum_app.settings import settings

router = APIRouter(prefix="/api", route_class=Endpoint)


@router.get("/exports/{export_id}", response_class=FileResponse)
async def download(export_id: str, who: Annotated[Identity, allowed(Permission.DATA_EXPORT)]) -> FileResponse:
    """A zip of one JSON file a table."""
    wanted = ids.decode("exp", export_id)
    if wanted is None:
        raise NotFound("There is no such export, or it is not ready.")
    async with account_session(who.account_id, user_id=who.user_id) as session:
        found = await privacy.export(session, wanted)
        await audit.record(session, who.account_id, who.actor, "data.downloaded", "export", wanted)
    path = DataFolder(settings().home).export_path(who.account_id, found.id)
    return FileResponse(path, media_type="application/zip", filename=f"export-{found.created_at:%Y-%m-%d}.zip")
