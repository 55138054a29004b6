"""The Content-Security-Policy of the pages: only our own scripts, styles and servers."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from reflex.utils.prerequisites import get_web_dir
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quantum_app.settings import settings

# Blocks of data are not run, and need no permission.
_INLINE_SCRIPT = re.compile(r'<script(?![^>]*\bsrc=)(?![^>]*"application/json")[^>]*>(.*?)</script>', re.DOTALL)


def protect(pages: ASGIApp) -> ASGIApp:
    """Wrap the app so that each page has the policy."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_page(message["headers"]):
                message["headers"] = [*message["headers"], (b"content-security-policy", policy().encode())]
            await send(message)

        await pages(scope, receive, send_with_policy if scope["type"] == "http" else send)

    return app


def _is_page(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers)


@cache
def policy() -> str:
    """The header's value. Inline scripts of the built pages are allowed by hash; React sets inline styles."""
    pages = Path(get_web_dir(), "build", "client").rglob("*.html")
    hashes = sorted({digest for page in pages for digest in script_hashes(page.read_text())})
    return "; ".join(
        [
            "default-src 'self'",
            " ".join(["script-src", "'self'", *hashes]),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            " ".join(["connect-src", "'self'", *_call_servers(settings().livekit.browser_url)]),
            "media-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        ]
    )


def script_hashes(html: str) -> set[str]:
    """CSP hash sources of the inline scripts in a page."""
    return {
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in _INLINE_SCRIPT.findall(html)
    }


def _call_servers(url: str) -> list[str]:
    """The LiveKit server by WebSocket, and by HTTP, which its client uses to diagnose failed connections."""
    host = urlsplit(url).netloc
    if not host:
        return []
    return [f"wss://{host}", f"https://{host}"] if url.startswith("wss:") else [f"ws://{host}", f"http://{host}"]
