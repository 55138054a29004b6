"""Pages redirect to their own address with a slash: by path alone, whatever the request says it is for."""

from pathlib import Path

import httpx
import pytest
from reflex.utils.precompressed_staticfiles import PrecompressedStaticFiles

from quantum_app.api.app import transform
from tests.stack import Stack

pytestmark = pytest.mark.api

PAGES = ["login", "signup", "verify", "forgot", "reset", "invite", "confirm-email", "welcome", "calls", "campaigns"]
PAGES += ["settings", "settings/members", "settings/security", "settings/audit", "settings/data", "settings/mail"]
PAGES += ["dev/mailbox"]


@pytest.fixture
def site(tmp_path: Path) -> httpx.AsyncClient:
    """Built pages, served as Reflex serves them."""
    for name in PAGES:
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "index.html").write_text("here")
    files = PrecompressedStaticFiles(directory=tmp_path, html=True)
    return httpx.AsyncClient(transport=httpx.ASGITransport(transform(files)), base_url="http://localhost:3000")


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_without_its_slash(site: httpx.AsyncClient, page: str) -> None:
    answer = await site.get(f"/{page}?next=/calls")
    assert (answer.status_code, answer.headers["location"]) == (307, f"/{page}/?next=/calls")
    assert (await site.get(answer.headers["location"])).text == "here"


@pytest.mark.parametrize(
    "path",
    ["//login", "///login", "//evil.example/..%2flogin", "/%2fevil.example/..%2flogin", "//evil.example/%2e%2e/login"],
)
async def test_no_path_leads_to_another_site(site: httpx.AsyncClient, path: str) -> None:
    answer = await site.get(f"http://localhost:3000{path}")
    target = answer.headers.get("location", "/")
    assert target.startswith("/")
    assert not target.startswith(("//", "/\\"))
    assert httpx.URL("http://localhost:3000").join(target).host == "localhost"


def test_the_running_server_redirects_by_path(quiet_stack: Stack) -> None:
    quiet_stack.need("web")
    with httpx.Client(base_url=quiet_stack.url, trust_env=False) as web:
        for page in ("login", "reset", "settings/security"):
            assert web.get(f"/{page}").headers["location"] == f"/{page}/"
        assert web.get("//evil.example/%2e%2e/login").headers.get("location", "/")[:2] != "//"
        assert web.get("/login/", headers={"host": "evil.example"}).status_code == 421
