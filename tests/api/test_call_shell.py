"""The call page's HTML shows who is called before anything else has arrived."""

import json
import re

import httpx
import pytest

from quantum_app.api.call_shell import add_shell
from quantum_app.api.schemas.calls import CallPage, Consent
from quantum_app.web.csp import script_hashes
from tests.stack import Stack

pytestmark = pytest.mark.api

PAGE = (
    '<html><head><script>theme()</script><script src="/scripts/page_session.js"></script>'
    '<link href="/assets/a.css" rel="stylesheet" type="text/css"/><link rel="stylesheet" href="/assets/b.css"/></head>'
    "<body><script>start()</script></body></html>"
)


def page(**changes: object) -> CallPage:
    values: dict[str, object] = {
        "public_id": "cmp_1",
        "account_name": "Northquay Living",
        "verified_domain": None,
        "name": "Homes",
        "assistant_name": "Mira",
        "language": "en",
        "status": "active",
        "email_required": True,
        "consent": Consent(version="1", text="Yes."),
    }
    return CallPage.model_validate(values | changes)


def test_nothing_delays_the_first_paint() -> None:
    document = add_shell(PAGE, page())
    assert '<script defer="" src="/scripts/page_session.js">' in document
    assert len(re.findall(r'<link media="print" [^>]*rel="stylesheet"', document)) == 2
    assert "Talk to Northquay Living" in document
    assert '<button type="button" disabled>Start call</button>' in document


def test_the_policy_allows_what_is_added() -> None:
    """No script is added inline, but the campaign's data, which browsers don't run."""
    assert script_hashes(add_shell(PAGE, page())) == script_hashes(PAGE)


@pytest.mark.parametrize("name", ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"&'</title>"])
def test_names_are_text(name: str) -> None:
    document = add_shell(PAGE, page(account_name=name, name=name, assistant_name=name))
    assert name not in document
    assert document.count("<script") == add_shell(PAGE, page()).count("<script")
    match = re.search(r'<script type="application/json" id="call-page">(.*?)</script>', document)
    assert match
    assert json.loads(match[1])["account_name"] == name


def test_a_paused_campaign_offers_no_button() -> None:
    assert "<button" not in add_shell(PAGE, page(status="paused"))


async def test_the_call_page_is_served_with_it(quiet_stack: Stack) -> None:
    quiet_stack.need("web")
    async with httpx.AsyncClient(base_url=quiet_stack.url) as client:
        campaign = (await client.get("/api/public/campaigns/demo")).json()
        answer = await client.get("/call/demo")
        uncompressed = await client.get("/call/demo", headers={"accept-encoding": "identity", "if-none-match": "*"})
        unknown = await client.get("/call/cmp_unknown")
        head = await client.head("/call/demo")
    match = re.search(r'id="call-page">(.*?)</script>', answer.text)
    assert answer.status_code == 200
    assert answer.headers["content-encoding"] == "gzip"
    assert (answer.headers["cache-control"], "etag" in answer.headers) == ("no-store", False)
    assert "_page=" in answer.headers["set-cookie"]
    assert match
    assert json.loads(match[1]) == campaign
    assert uncompressed.status_code == 200
    assert uncompressed.text == answer.text
    assert unknown.status_code == 200
    assert "call-shell" not in unknown.text
    assert head.status_code == 200
