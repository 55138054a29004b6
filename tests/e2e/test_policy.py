"""The Content-Security-Policy in a browser: what a script that somebody smuggled in cannot do."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.browser import PATIENCE, open_page, visitor
from tests.stack import Stack

pytestmark = pytest.mark.browser


class _OtherSite(BaseHTTPRequestHandler):
    """Another site: it takes everything, and shows our login page in a frame."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = f'<iframe src="{self.server.framed}"></iframe>'.encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("access-control-allow-origin", "*")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def other_site(product: Stack) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _OtherSite)
    server.framed = f"{product.url}/login"  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


# HIT has to stay undone. Later: what the debugger runs itself, as it does these lines, no policy binds.
_VIOLATION = "document.addEventListener('securitypolicyviolation', done, { once: true });"
_PUT = "const put = (tag, what) => document.body.append(Object.assign(document.createElement(tag), what));"
_LATER = "const later = (what) => setTimeout(() => { what(); });"
_ATTACKS = {
    "a script in the page": "put('script', {text: 'HIT = 1'})",
    "a handler in the markup": "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"HIT = 1\">')",
    "text that is run": "later(() => eval('HIT = 1'))",
    "a function out of text": "later(() => new Function('HIT = 1')())",
    "text that is run later": "setTimeout('HIT = 1')",
    "a script of another site": "put('script', {src: OTHER, onload: () => { HIT = 1 }})",
    "what is read is sent away": "fetch(OTHER).then(() => { HIT = 1 }, () => {})",
    "a picture that carries it away": "put('img', {src: OTHER, onload: () => { HIT = 1 }})",
    "a frame of another site": "put('iframe', {src: OTHER})",
    "a form to another site": "put('form', {action: OTHER}); later(() => [...document.forms].pop().submit())",
    "another base for all addresses": "put('base', {href: OTHER})",
    "a plugin": "put('object', {data: OTHER, onload: () => { HIT = 1 }})",
}


async def test_what_is_smuggled_in_does_nothing(product: Stack, browser: Browser, other_site: str) -> None:
    page = await open_page(await visitor(browser), f"{product.url}/login")
    await expect(page.get_by_role("button", name="Log in")).to_be_visible()
    for name, script in _ATTACKS.items():
        attack = f"{_VIOLATION} {_PUT} {_LATER} {script.replace('HIT', 'window.hit')}"
        async with asyncio.timeout(PATIENCE / 1000):
            await page.evaluate(f"(OTHER) => new Promise((done) => {{ {attack} }})", other_site)
        assert await page.evaluate("window.hit") is None, name
        assert page.url.startswith(product.url), name
        assert await page.evaluate("document.baseURI") == page.url, name


async def test_no_other_site_shows_our_pages_in_a_frame(product: Stack, browser: Browser, other_site: str) -> None:
    page = await (await visitor(browser)).new_page()
    async with page.expect_console_message(lambda line: "frame-ancestors" in line.text):
        await page.goto(other_site)
    assert await page.frames[1].get_by_role("button", name="Log in").count() == 0
