"""Files of accounts: in a bucket of any S3-compatible service if one is configured, else in the data folder."""

from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from quantum_app.errors import Component, DependencyUnavailable, NotFound
from quantum_app.settings import Storage as StorageSettings

_TIMEOUT = timedelta(seconds=30)
_CONNECT_TIMEOUT = timedelta(seconds=3)
_RETRY_WITHIN = timedelta(seconds=10)


class ObjectStorage:
    """Implements `domain.knowledge.ports.Storage`. Keys are `<account>/knowledge/<version>`, made from IDs alone.

    All raise DependencyUnavailable(STORAGE) when the service can't be reached.
    """

    def __init__(self, settings: StorageSettings, home: Path) -> None:
        self._store = _bucket(settings) if settings.bucket else _folder(home / "files")

    async def put(self, account_id: UUID, version_id: UUID, content: bytes) -> None:
        """Store a file. A second one with the same IDs replaces it, and readers see one or the other."""
        try:
            await obstore.put_async(self._store, _key(account_id, version_id), content)
        except (BaseError, OSError) as error:
            raise _unavailable() from error

    async def get(self, account_id: UUID, version_id: UUID) -> bytes:
        """Raises NotFound."""
        try:
            response = await obstore.get_async(self._store, _key(account_id, version_id))
            return bytes(await response.bytes_async())
        except FileNotFoundError:
            raise NotFound("This file no longer exists. Upload it again.") from None
        except (BaseError, OSError) as error:
            raise _unavailable() from error

    async def delete(self, account_id: UUID, version_ids: Collection[UUID]) -> None:
        """Delete files. Missing ones are fine."""
        for version_id in version_ids:
            try:
                await obstore.delete_async(self._store, _key(account_id, version_id))
            except FileNotFoundError:
                continue
            except (BaseError, OSError) as error:
                raise _unavailable() from error

    async def list_versions(self, account_id: UUID) -> list[UUID]:
        """The versions that have a file."""
        try:
            pages = obstore.list(self._store, prefix=f"{account_id}/knowledge/")
            return [UUID(item["path"].rpartition("/")[2]) async for page in pages for item in page]
        except (BaseError, OSError) as error:
            raise _unavailable() from error


def _key(account_id: UUID, version_id: UUID) -> str:
    return f"{account_id}/knowledge/{version_id}"


def _folder(path: Path) -> LocalStore:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return LocalStore(prefix=path, automatic_cleanup=True)


def _bucket(settings: StorageSettings) -> S3Store:
    return S3Store(
        settings.bucket,
        region=settings.region,
        access_key_id=settings.access_key,
        secret_access_key=settings.secret_key.get_secret_value(),
        virtual_hosted_style_request=False,
        client_options={
            "timeout": _TIMEOUT,
            "connect_timeout": _CONNECT_TIMEOUT,
            "allow_http": settings.endpoint.startswith("http:"),
        },
        retry_config={"max_retries": 2, "retry_timeout": _RETRY_WITHIN},
        endpoint=settings.endpoint or f"https://s3.{settings.region}.amazonaws.com",
    )


def _unavailable() -> DependencyUnavailable:
    return DependencyUnavailable(Component.STORAGE, "File storage doesn't respond. Try again in a moment.")
