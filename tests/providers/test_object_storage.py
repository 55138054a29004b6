"""Files of accounts, in a bucket of a real S3 server and in the data folder."""

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from quantum_app.errors import Component, DependencyUnavailable, NotFound
from quantum_app.kit.ids import new_id
from quantum_app.providers import object_storage
from quantum_app.providers.object_storage import ObjectStorage
from quantum_app.settings import Storage
from tests.providers.s3_server import S3Server, s3_server

pytestmark = pytest.mark.provider

PATIENCE = 30.0  # seconds
LARGE = 25_000_000  # bytes


@pytest.fixture
def server(tmp_path: Path) -> Iterator[S3Server]:
    with s3_server(tmp_path) as running:
        yield running


@pytest.fixture(params=["bucket", "folder"])
def storage_in(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[ObjectStorage, Path]]:
    """A storage, and the folder in which its files are."""
    if request.param == "folder":
        home = tmp_path / "home"
        yield ObjectStorage(Storage(), home), home / "files"
    else:
        with s3_server(tmp_path) as running:
            yield ObjectStorage(running.settings(), tmp_path / "home"), running.folder


async def refuses(storage: ObjectStorage) -> None:
    """Whatever is asked, the storage counts as away."""
    account, version = new_id(), new_id()
    for request in (
        storage.put(account, version, b"x"),
        storage.get(account, version),
        storage.delete(account, [version]),
        storage.list_versions(account),
    ):
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(DependencyUnavailable) as error:
                await request
        assert error.value.component is Component.STORAGE
        assert error.value.retryable
        assert "File storage doesn't respond" in error.value.message


async def test_a_file_is_stored_replaced_and_deleted(storage_in: tuple[ObjectStorage, Path]) -> None:
    storage, _ = storage_in
    account, first, second = new_id(), new_id(), new_id()
    await storage.put(account, first, b"one")
    await storage.put(account, first, b"two")
    await storage.put(account, second, b"")
    assert await storage.get(account, first) == b"two"
    assert await storage.get(account, second) == b""
    assert sorted(await storage.list_versions(account)) == [first, second]
    await storage.delete(account, [first, new_id()])
    await storage.delete(account, [first])
    assert await storage.list_versions(account) == [second]
    with pytest.raises(NotFound, match="Upload it again"):
        await storage.get(account, first)


async def test_a_large_file_comes_back_as_it_was(storage_in: tuple[ObjectStorage, Path]) -> None:
    storage, _ = storage_in
    account, version, content = new_id(), new_id(), os.urandom(LARGE)
    await storage.put(account, version, content)
    assert await storage.get(account, version) == content


async def test_many_files_are_all_listed(storage_in: tuple[ObjectStorage, Path]) -> None:
    """More than S3 lists in one answer."""
    storage, _ = storage_in
    account, versions = new_id(), [new_id() for _ in range(1_050)]
    for first in range(0, len(versions), 50):
        await asyncio.gather(*(storage.put(account, version, b"x") for version in versions[first : first + 50]))
    assert sorted(await storage.list_versions(account)) == versions
    await storage.delete(account, versions)
    assert await storage.list_versions(account) == []


async def test_files_stay_below_their_account(storage_in: tuple[ObjectStorage, Path]) -> None:
    storage, folder = storage_in
    mine, other, version = new_id(), new_id(), new_id()
    await storage.put(mine, version, b"mine")
    await storage.put(other, version, b"theirs")
    paths = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    assert paths == {Path(str(account), "knowledge", str(version)) for account in (mine, other)}
    await storage.delete(mine, [version])
    assert await storage.list_versions(mine) == []
    assert await storage.get(other, version) == b"theirs"


async def test_readers_see_one_content_or_the_other(storage_in: tuple[ObjectStorage, Path]) -> None:
    storage, _ = storage_in
    account, version = new_id(), new_id()
    contents = {bytes([number]) * 1_000_000 for number in range(8)}
    await storage.put(account, version, b"\0" * 1_000_000)

    async def write() -> None:
        for content in contents:
            await storage.put(account, version, content)

    writing = asyncio.create_task(write())
    while not writing.done():
        assert await storage.get(account, version) in contents
    await writing


async def test_files_of_the_data_folder_are_ours_alone(tmp_path: Path) -> None:
    previous = os.umask(0o002)
    try:
        storage = ObjectStorage(Storage(), tmp_path / "home")
        await storage.put(new_id(), new_id(), b"x")
    finally:
        os.umask(previous)
    root = tmp_path / "home" / "files"
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (root, *root.rglob("*"))}
    assert len(modes) == 4
    assert all(mode == (0o700 if path.is_dir() else 0o600) for path, mode in modes.items()), modes


async def test_a_wrong_key_or_bucket_is_no_missing_file(server: S3Server, tmp_path: Path) -> None:
    for settings in (
        server.settings(secret=str(new_id())),
        server.settings(key="another-key"),
        server.settings(bucket="another"),
    ):
        storage = ObjectStorage(settings, tmp_path)
        account = new_id()
        for request in (
            storage.put(account, new_id(), b"x"),
            storage.get(account, new_id()),
            storage.list_versions(account),
        ):
            with pytest.raises(DependencyUnavailable):
                await request
    assert [*server.folder.rglob("*")] == []


async def test_a_server_that_is_gone_is_waited_for_in_vain(server: S3Server, tmp_path: Path) -> None:
    storage = ObjectStorage(server.settings(), tmp_path)
    await storage.put(new_id(), new_id(), b"x")
    server.stop()
    await refuses(storage)


async def test_a_server_that_does_not_answer_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the connection, reads what comes, and says nothing."""
    monkeypatch.setattr(object_storage, "_TIMEOUT", timedelta(seconds=0.3))
    ends: list[asyncio.Event] = []

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.append(event := asyncio.Event())
        while await reader.read(65_536):
            pass
        writer.close()
        event.set()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    settings = Storage(bucket="files", endpoint=f"http://127.0.0.1:{port}", access_key="key")
    async with silent:
        await refuses(ObjectStorage(settings, tmp_path))
        async with asyncio.timeout(PATIENCE):
            for event in ends:
                await event.wait()
    assert len(ends) >= 4


async def test_a_slow_server_is_waited_for(server: S3Server, tmp_path: Path) -> None:
    """Each answer passes a relay that holds it until the request has waited."""
    first_answer, release = asyncio.Event(), asyncio.Event()

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, held: bool) -> None:
        while data := await reader.read(65_536):
            if held:
                first_answer.set()
                await release.wait()
            writer.write(data)
            await writer.drain()
        writer.close()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = server.url.removeprefix("http://").split(":")
        answers, requests = await asyncio.open_connection(host, int(port))
        await asyncio.gather(copy(reader, requests, held=False), copy(answers, writer, held=True))

    listener = await asyncio.start_server(relay, "127.0.0.1", 0)
    slow = S3Server(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}", server.folder, server.process)
    account, version = new_id(), new_id()
    async with listener:
        request = asyncio.create_task(ObjectStorage(slow.settings(), tmp_path).put(account, version, b"late"))
        async with asyncio.timeout(PATIENCE):
            await first_answer.wait()
            assert not request.done()
            release.set()
            await request
    assert await ObjectStorage(server.settings(), tmp_path).get(account, version) == b"late"


def test_a_process_ends_well_right_after_a_request(server: S3Server, tmp_path: Path) -> None:
    program = (
        "import asyncio, uuid, pathlib\n"
        "from quantum_app.providers.object_storage import ObjectStorage\n"
        "from quantum_app.settings import settings\n"
        f"storage = ObjectStorage(settings().storage, pathlib.Path({str(tmp_path)!r}))\n"
        "asyncio.run(storage.list_versions(uuid.uuid4()))\n"
    )
    settings = server.settings()
    environment = os.environ | {
        "STORAGE_BUCKET": settings.bucket,
        "STORAGE_ENDPOINT": settings.endpoint,
        "STORAGE_ACCESS_KEY": settings.access_key,
        "STORAGE_SECRET_KEY": settings.secret_key.get_secret_value(),
    }
    for _ in range(8):
        subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=PATIENCE)
