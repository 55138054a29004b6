"""Files of accounts: in a bucket of any S3-compatible service if one is configured, else in the data folder."""

import asyncio
import contextlib
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

    All raise DependencyUnavailable(STORAGE) when the service can't be reached or refuses.

    Requests run in threads: those of obstore's own event loop abort the process when it ends soon after one.
    """

    def __init__(self, settings: StorageSettings, home: Path) -> None:
        self._folder = None if settings.bucket else home / "files"
        self._store = _folder(self._folder) if self._folder else _bucket(settings)

    async def put(self, account_id: UUID, version_id: UUID, content: bytes) -> None:
        """Store a file. A second one with the same IDs replaces it, and readers see one or the other."""
        try:
            await asyncio.to_thread(self._put, _key(account_id, version_id), content)
        except (BaseError, OSError) as error:
            raise _unavailable() from error

    async def get(self, account_id: UUID, version_id: UUID) -> bytes:
        """Raises NotFound."""
        try:
            return await asyncio.to_thread(self._get, _key(account_id, version_id))
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise _unavailable() from error
            raise NotFound("This file no longer exists. Upload it again.") from None
        except (BaseError, OSError) as error:
            raise _unavailable() from error

    async def delete(self, account_id: UUID, version_ids: Collection[UUID]) -> None:
        """Delete files. Missing ones are fine."""
        for version_id in version_ids:
            try:
                await asyncio.to_thread(obstore.delete, self._store, _key(account_id, version_id))
            except FileNotFoundError:
                continue
            except (BaseError, OSError) as error:
                raise _unavailable() from error

    async def list_versions(self, account_id: UUID) -> list[UUID]:
        """The versions that have a file."""
        try:
            return await asyncio.to_thread(self._list, f"{account_id}/knowledge/")
        except (BaseError, OSError) as error:
            raise _unavailable() from error

    def _put(self, key: str, content: bytes) -> None:
        # In one request, however large: parts of an upload that was interrupted would stay in the bucket unseen.
        obstore.put(self._store, key, content, use_multipart=False)
        if self._folder:
            path = self._folder / key
            # obstore knows no modes. Deleting the account's last file meanwhile takes the folders along.
            with contextlib.suppress(FileNotFoundError):
                path.parent.parent.chmod(0o700)
                path.parent.chmod(0o700)
                path.chmod(0o600)

    def _get(self, key: str) -> bytes:
        return bytes(obstore.get(self._store, key).bytes())

    def _list(self, prefix: str) -> list[UUID]:
        pages = obstore.list(self._store, prefix=prefix)
        return [UUID(item["path"].removeprefix(prefix)) for page in pages for item in page]


def _key(account_id: UUID, version_id: UUID) -> str:
    return f"{account_id}/knowledge/{version_id}"


def _folder(path: Path) -> LocalStore:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
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
