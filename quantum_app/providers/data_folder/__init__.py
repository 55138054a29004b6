"""Files in this machine's data folder, readable by us alone."""

from collections.abc import Collection
from pathlib import Path
from uuid import UUID


class DataFolder:
    """`exports/<account>/<export>.zip`, and the spools that workers leave (`spool/<call>.*`)."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def export_path(self, account_id: UUID, export_id: UUID) -> Path:
        """Where an export is; its folder is made."""
        folder = self._exports(account_id)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder / f"{export_id}.zip"

    def keep_exports(self, account_id: UUID, export_ids: Collection[UUID]) -> None:
        """Remove all other files of the account's exports."""
        names = {f"{export_id}.zip" for export_id in export_ids}
        for path in self._exports(account_id).glob("*"):
            if path.name not in names:
                path.unlink(missing_ok=True)

    def remove_call(self, call_id: UUID) -> None:
        """Spools of a call, good, damaged or refused."""
        for path in (self._home / "spool").rglob(f"{call_id}.*"):
            path.unlink(missing_ok=True)

    def _exports(self, account_id: UUID) -> Path:
        return self._home / "exports" / str(account_id)
