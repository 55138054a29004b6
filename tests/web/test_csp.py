"""The Content-Security-Policy names the scripts of the pages, and the server of the calls."""

import base64
import hashlib
import re
import urllib.request

import pytest

from quantum_app.web.csp import script_hashes
from tests.stack import Stack

pytestmark = pytest.mark.api


def test_inline_scripts_are_named_by_their_hash() -> None:
    script = "window.a = 1;\nwindow.b = '<p>';"
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    html = f'<script src="/a.js"></script><script type="module">{script}</script><script async src="b"></script>'
    html += '<script type="application/json">{}</script>'
    assert script_hashes(html) == {f"'sha256-{digest}'"}


def test_every_page_carries_it(quiet_stack: Stack) -> None:
    quiet_stack.need("web")
    for path in ("/login/", "/calls/", "/call/demo"):
        with urllib.request.urlopen(quiet_stack.url + path) as answer:
            policy, html = answer.headers["content-security-policy"], answer.read().decode()
        assert all(source in policy for source in script_hashes(html))
        assert f"connect-src 'self' ws://127.0.0.1:{quiet_stack.instance.port_of('LiveKit signalling')}" in policy
        assert "unsafe-eval" not in policy
        assert "script-src 'self' 'unsafe-inline'" not in policy


def test_no_page_brings_the_components_of_radix_themes(quiet_stack: Stack) -> None:
    """One `rx.link` or `rx.box` would add their style sheet, ten times the size of ours, to every page."""
    quiet_stack.need("web")
    with urllib.request.urlopen(quiet_stack.url + "/call/demo") as answer:
        sheets = re.findall(r'href="(/assets/[^"]+\.css)"', answer.read().decode())
    assert sheets
    for sheet in sheets:
        with urllib.request.urlopen(quiet_stack.url + sheet) as answer:
            assert ".rt-" not in answer.read().decode(), sheet
