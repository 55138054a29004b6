"""`/api/knowledge`: bases, documents, uploads, and what a question finds."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from quantum_app.api import uploads
from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.knowledge import service
from quantum_app.kit import ids
from quantum_app.settings import settings
from tests.api.conftest import Configure
from tests.db.tenants import Tenant, as_program, create_tenant, know
from tests.stack import Stack

pytestmark = pytest.mark.api

PART = b'--b\r\nContent-Disposition: form-data; name="f"'
HOURS = b"# Opening hours\n\nThe shop opens at nine on weekdays."


@pytest.fixture
async def tenant() -> Tenant:
    return await create_tenant()


@pytest_asyncio.fixture
async def owner(quiet_stack: Stack, web: httpx.AsyncClient, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    quiet_stack.need("providers")
    web.headers.update(await as_program(tenant))
    yield web


@pytest_asyncio.fixture
async def base(owner: httpx.AsyncClient) -> str:
    answer = await owner.post("/api/knowledge/bases", json={"name": "Shop"})
    assert answer.status_code == 201
    return answer.json()["id"]


@pytest_asyncio.fixture
async def ready_document(owner: httpx.AsyncClient, tenant: Tenant) -> str:
    """A document that is searched."""
    return ids.encode("doc", await know(tenant, "The shop opens at nine on weekdays."))


async def upload(web: httpx.AsyncClient, base: str, *files: tuple[str, bytes]) -> list[dict[str, Any]]:
    parts = [("file", file) for file in files]
    answer = await web.post("/api/knowledge/upload", params={"base_id": base}, files=parts)
    assert answer.status_code == 200, answer.text
    return answer.json()["files"]


async def test_a_base_is_created_renamed_and_deleted(owner: httpx.AsyncClient, base: str) -> None:
    assert (await owner.patch(f"/api/knowledge/bases/{base}", json={"name": "Store"})).json()["name"] == "Store"
    (only_base,) = (await owner.get("/api/knowledge/bases")).json()["data"]
    assert (only_base["id"], only_base["name"], only_base["documents"]) == (base, "Store", 0)
    await upload(owner, base, ("hours.md", HOURS))
    assert (await owner.get(f"/api/knowledge/bases/{base}")).json()["documents"] == 1
    assert (await owner.delete(f"/api/knowledge/bases/{base}")).status_code == 204
    assert (await owner.get(f"/api/knowledge/bases/{base}")).status_code == 404
    answer = await owner.post("/api/knowledge/bases", json={"name": " "})
    assert (answer.status_code, answer.json()["field"]) == (400, "name")


async def test_each_file_has_a_result_of_its_own(owner: httpx.AsyncClient, base: str) -> None:
    hours, empty, copy = await upload(
        owner, base, ("C:\\docs\\hours.md", HOURS), ("nothing.txt", b""), ("copy.md", HOURS)
    )
    assert (hours["name"], hours["error"]) == ("hours.md", None)
    assert (hours["document"]["kind"], hours["document"]["version"]["status"]) == ("file", "queued")
    assert (empty["document"], empty["error"]["code"]) == (None, "file_empty")
    assert copy["error"] == {"code": "duplicate_document", "detail": "“hours.md” already has exactly this content."}


async def test_what_is_too_large_is_dropped_while_the_rest_is_stored(
    owner: httpx.AsyncClient, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "LARGEST_FILE", 1000)
    monkeypatch.setattr(service, "LARGEST_FILE", 1000)
    collected: list[uploads.UploadedFile] = []
    add = uploads._Collector._close

    def close(self: uploads._Collector) -> None:
        add(self)
        collected.extend(self.complete)

    monkeypatch.setattr(uploads._Collector, "_close", close)
    large, small = await upload(owner, base, ("large.txt", b"x" * 5000), ("small.txt", b"x" * 1000))
    assert large["error"]["code"] == "file_too_large"
    assert small["error"] is None
    assert [(file.size, len(file.content)) for file in collected] == [(5000, 0), (1000, 1000)]


async def test_a_body_beyond_the_limit_is_not_read_to_its_end(
    owner: httpx.AsyncClient, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_BODY", 10_000)
    size = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal size
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        while size < 1_000_000:
            size += 1000
            yield b"x" * 1000

    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = await owner.post("/api/knowledge/upload", params={"base_id": base}, content=body(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert size < 20_000


async def test_a_request_may_have_so_many_files(owner: httpx.AsyncClient, base: str) -> None:
    files = [("file", (f"{number}.txt", f"{number}".encode())) for number in range(uploads.MOST_FILES + 1)]
    answer = await owner.post("/api/knowledge/upload", params={"base_id": base}, files=files)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("content_type", "body", "status", "code"),
    [
        ("application/json", b"{}", 415, "not_multipart"),
        ("multipart/form-data", b"", 415, "not_multipart"),
        ("multipart/form-data; boundary=b", b"no parts", 400, "not_multipart"),
        ("multipart/form-data; boundary=b", PART, 400, "not_multipart"),
        ("multipart/form-data; boundary=b", PART + b"\r\n\r\n1\r\n--b--\r\n", 400, "invalid_input"),
    ],
)  # fmt: skip
async def test_what_has_no_files(
    owner: httpx.AsyncClient, base: str, content_type: str, body: bytes, status: int, code: str
) -> None:
    headers = {"content-type": content_type}
    answer = await owner.post("/api/knowledge/upload", params={"base_id": base}, content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_uploads_at_the_same_time_have_a_limit(owner: httpx.AsyncClient, tenant: Tenant, base: str) -> None:
    for _ in range(uploads._UPLOADS_PER_ACCOUNT):
        uploads._in_progress[tenant.account_id] += 1
    try:
        files = {"file": ("hours.md", HOURS)}
        answer = await owner.post("/api/knowledge/upload", params={"base_id": base}, files=files)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    finally:
        del uploads._in_progress[tenant.account_id]
    await upload(owner, base, ("hours.md", HOURS))
    assert tenant.account_id not in uploads._in_progress


async def test_quotas_are_told_for_each_file(owner: httpx.AsyncClient, base: str, configure: Configure) -> None:
    configure("QUANTUM_QUOTA_KNOWLEDGE_DOCUMENTS", "1")
    first, second = await upload(owner, base, ("a.txt", b"a"), ("b.txt", b"b"))
    assert first["error"] is None
    assert second["error"]["code"] == "quota_exceeded"


async def test_documents_are_listed_by_name_status_and_page(owner: httpx.AsyncClient, base: str) -> None:
    await upload(owner, base, ("hours.md", HOURS), ("prices.md", b"A puncture costs 18 dollars."))
    url = f"/api/knowledge/bases/{base}/documents"

    async def names(**params: Any) -> list[str]:
        return [item["name"] for item in (await owner.get(url, params=params)).json()["data"]]

    assert await names() == ["prices.md", "hours.md"]
    assert await names(name="PRI") == ["prices.md"]
    assert await names(status="ready") == []
    page = (await owner.get(url, params={"limit": 1})).json()
    assert page["has_more"] is True
    assert await names(starting_after=page["data"][0]["id"]) == ["hours.md"]
    assert (await owner.get(url, params={"starting_after": "x"})).status_code == 400


async def test_a_document_is_renamed_turned_off_canceled_retried_replaced_and_deleted(
    owner: httpx.AsyncClient, base: str
) -> None:
    (result,) = await upload(owner, base, ("hours.md", HOURS))
    url = f"/api/knowledge/documents/{result['document']['id']}"
    document = (await owner.patch(url, json={"name": "Hours", "enabled": False})).json()
    assert (document["name"], document["enabled"]) == ("Hours", False)
    assert (await owner.post(f"{url}/cancel")).json()["version"]["status"] == "canceled"
    assert (await owner.post(f"{url}/cancel")).json()["code"] == "not_in_progress"
    assert (await owner.post(f"{url}/retry")).json()["version"]["status"] == "queued"
    assert (await owner.post(f"{url}/retry")).json()["code"] == "not_failed"
    answer = await owner.put(f"{url}/content", files={"file": ("new.md", b"Closed on Sundays.")})
    assert (answer.status_code, answer.json()["version"]["size"]) == (200, 18)
    versions = (await owner.get(f"{url}/versions")).json()["data"]
    assert [version["status"] for version in versions] == ["queued", "canceled"]
    assert (await owner.put(f"{url}/content", files={"other": (None, b"x")})).json()["field"] == "file"
    assert (await owner.delete(url)).status_code == 204
    assert (await owner.get(url)).status_code == 404


async def test_the_original_is_downloaded_and_never_shown(owner: httpx.AsyncClient, base: str) -> None:
    page = b"<!doctype html><script>alert(1)</script><p>Open at nine"
    (result,) = await upload(owner, base, ('Öffnung "1".html', page))
    answer = await owner.get(f"/api/knowledge/documents/{result['document']['id']}/content")
    assert answer.content == page
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment; filename=\"offnung-1-html\"; filename*=UTF-8''%C3%96ffnung%20%221%22")
    assert disposition.endswith(".html")


async def test_notes_and_questions_become_documents(owner: httpx.AsyncClient, base: str) -> None:
    url = f"/api/knowledge/bases/{base}"
    note = await owner.post(f"{url}/notes", json={"name": "Parking", "text": "Park behind the house."})
    assert (note.status_code, note.json()["kind"]) == (201, "note")
    answer = await owner.post(f"{url}/notes", json={"name": "Parking", "text": " "})
    assert (answer.status_code, answer.json()["field"]) == (400, "text")
    pairs = [{"question": "Do you ship, abroad?", "answer": 'Yes, "worldwide".'}]
    questions = await owner.post(f"{url}/questions", json={"name": "FAQ", "questions": pairs})
    assert (questions.status_code, questions.json()["kind"]) == (201, "qa")
    file = await owner.get(f"/api/knowledge/documents/{questions.json()['id']}/content")
    assert file.content == b'question,answer\r\n"Do you ship, abroad?","Yes, ""worldwide""."\r\n'
    assert "filename*=UTF-8''FAQ.csv" in file.headers["content-disposition"]
    pairs += [{"question": "When?", "answer": ""}]
    answer = await owner.post(f"{url}/questions", json={"name": "FAQ", "questions": pairs})
    assert (answer.status_code, answer.json()["field"]) == (400, "answer-1")


async def test_a_passage_is_turned_off(owner: httpx.AsyncClient, ready_document: str) -> None:
    url = f"/api/knowledge/documents/{ready_document}/passages"
    (passage,) = (await owner.get(url)).json()["data"]
    assert (passage["ordinal"], passage["text"], passage["enabled"]) == (0, "The shop opens at nine on weekdays.", True)
    assert (await owner.patch(f"{url}/0", json={"enabled": False})).status_code == 204
    assert (await owner.get(url)).json()["data"][0]["enabled"] is False
    assert (await owner.patch(f"{url}/7", json={"enabled": False})).status_code == 404


async def test_a_question_finds_passages_and_why(
    owner: httpx.AsyncClient, tenant: Tenant, ready_document: str, base: str
) -> None:
    document = (await owner.get(f"/api/knowledge/documents/{ready_document}")).json()
    body = {"question": "When does the shop open?", "base_ids": [document["base_id"]]}
    results = (await owner.post("/api/knowledge/search", json=body)).json()
    (passage,) = results["passages"]
    assert (passage["document_id"], passage["document"]) == (ready_document, "hours.txt")
    assert 0 <= passage["score"] <= 1
    assert passage["words"] > 0
    assert results["answered"] == (passage["score"] >= results["threshold"])
    assert (await owner.post("/api/knowledge/search", json=body | {"base_ids": [base]})).json()["passages"] == []
    other = await create_tenant()
    async with account_session(other.account_id) as session:
        foreign = await service.create_base(session, other.account_id, other.actor, "Theirs")
    answer = await owner.post("/api/knowledge/search", json=body | {"base_ids": [ids.encode("kb", foreign)]})
    assert answer.status_code == 404


async def test_a_viewer_reads_and_changes_nothing(web: httpx.AsyncClient, tenant: Tenant) -> None:
    document = ids.encode("doc", await know(tenant))
    web.headers.update(await as_program(tenant, Role.VIEWER))
    assert (await web.get(f"/api/knowledge/documents/{document}/content")).content == b"Open daily."
    (base,) = (await web.get("/api/knowledge/bases")).json()["data"]
    answer = await web.post("/api/knowledge/upload", params={"base_id": base["id"]}, files={"file": ("a.txt", b"a")})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert (await web.delete(f"/api/knowledge/documents/{document}")).status_code == 403


async def test_who_may_not_upload_is_told_before_anything_is_read(web: httpx.AsyncClient, tenant: Tenant) -> None:
    async def body() -> AsyncIterator[bytes]:
        pytest.fail("the body was read")
        yield b""

    headers = {"content-type": "multipart/form-data; boundary=b"}
    base = ids.encode("kb", tenant.account_id)
    for more, status in (({}, 401), (await as_program(tenant), 404)):
        answer = await web.post(
            "/api/knowledge/upload", params={"base_id": base}, content=body(), headers=headers | more
        )
        assert answer.status_code == status


async def test_storage_that_is_away_is_named(owner: httpx.AsyncClient, base: str, configure: Configure) -> None:
    configure("STORAGE_BUCKET", "files")
    configure("STORAGE_ENDPOINT", "http://127.0.0.1:9")
    configure("STORAGE_ACCESS_KEY", "x")
    configure("STORAGE_SECRET_KEY", "x")
    assert settings().storage.bucket == "files"
    answer = await owner.post("/api/knowledge/upload", params={"base_id": base}, files={"file": ("a.txt", b"a")})
    assert (answer.status_code, answer.json()["component"]) == (503, "STORAGE")
