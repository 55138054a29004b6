"""The first paint of the call page: who is called, in the HTML itself, before any style sheet or script has arrived.

The built page is an empty one for all addresses. Here it gets the campaign, as the API describes it, and a shell in an
element of its own, which React ignores when it takes over and `body:has(.ui)` hides once React has drawn the page.
"""

import gzip
import html
import math
import re
from functools import cache

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quantum_app.api.calls import retrieve_call_page
from quantum_app.api.schemas.calls import CallPage
from quantum_app.errors import QuantumError

_ADDRESS = re.compile(r"/call/([A-Za-z0-9_-]+)/?")
# They ask for the file as it is; what is sent depends on the campaign too.
_OF_THE_FILE = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
_SHEET = re.compile(r'<link (?=[^>]*rel="stylesheet")')
_RADIUS, _DEPTH, _LINES, _POINTS = 82, 0.2, 5, 72
# The look of `frontend/src/call/CallPage.css`, as far as the shell needs it.
_STYLE = (
    "<style>"
    "call-shell main{box-sizing:border-box;display:flex;flex-direction:column;max-width:480px;min-height:100dvh;"
    "margin:0 auto;padding:0 20px 20px;text-align:center;color:#1c2024;"
    'font:14px/20px "Inter Variable",Inter,system-ui,-apple-system,"Segoe UI",sans-serif}'
    "call-shell{display:block}body:has(.ui) call-shell{display:none}body{margin:0}"
    "call-shell header{display:flex;align-items:center;gap:8px;height:60px}"
    "call-shell header i{display:grid;place-items:center;width:28px;height:28px;border-radius:6px;"
    "background:#1d4d4f;color:#fff;font-style:normal;font-weight:600}"
    "call-shell header b,call-shell h1{overflow-wrap:anywhere}"
    "call-shell div{position:relative;display:grid;place-items:center;width:min(212px,30dvh);aspect-ratio:1;"
    "margin:0 auto}"
    "call-shell svg{position:absolute;inset:0;overflow:visible;fill:none;stroke:#5b5bd6;stroke-width:1.2}"
    "call-shell p{margin:0;color:#60646c}"
    "call-shell p b{display:block;font-size:24px;line-height:30px;color:#1c2024}"
    "call-shell h1{margin:12px 0 6px;font-size:24px;line-height:30px;letter-spacing:-.02em}"
    "call-shell button{width:100%;height:56px;margin-top:auto;border:0;border-radius:12px;background:#0000330f;"
    "color:#60646c;font-family:inherit;font-size:18px;font-weight:500}"
    ".dark call-shell main,.dark call-shell p b{color:#edeef0}.dark body{background:#111113}"
    ".dark call-shell p{color:#b0b4ba}.dark call-shell svg{stroke:#7f7cf2}"
    ".dark call-shell button{background:#ddeaf814;color:#b0b4ba}"
    "@media(width>=700px){call-shell main{max-width:440px;min-height:min(860px,calc(100dvh - 40px));"
    "margin-top:20px}}"
    "</style>"
)


def paint(pages: ASGIApp) -> ASGIApp:
    """Wrap the pages so that call pages come with their shell. Unknown campaigns get the page as it was built."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        address = _ADDRESS.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if address is None:
            await pages(scope, receive, send)
            return
        try:
            campaign = await retrieve_call_page(address[1])
        except QuantumError:
            await pages(scope, receive, send)
            return
        accepted = Headers(scope=scope).get("accept-encoding", "")
        plain = {
            **scope,
            "headers": [pair for pair in scope["headers"] if pair[0] not in _OF_THE_FILE],
            "extensions": {},  # no file by its path: the body is needed
        }
        start: Message = {}
        body = b""

        async def collect(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            else:
                body += message.get("body", b"")

        await pages(plain, receive, collect)
        content = add_shell(body.decode(), campaign).encode()
        headers = MutableHeaders(raw=list(start["headers"]))
        for name in ("etag", "last-modified", "accept-ranges"):
            del headers[name]
        headers["cache-control"] = "no-store"
        headers["vary"] = "accept-encoding"
        if "gzip" in accepted:
            content = gzip.compress(content, compresslevel=6)
            headers["content-encoding"] = "gzip"
        headers["content-length"] = str(len(content))
        await send({**start, "headers": headers.raw})
        await send({"type": "http.response.body", "body": content})

    return app


def add_shell(page: str, campaign: CallPage) -> str:
    """The built page with a campaign's shell. Neither scripts nor style sheets delay its first paint.

    Style sheets are for print until `call_shell.js`, which the policy allows as a file, finds them loaded.
    """
    data = campaign.model_dump_json().replace("<", "\\u003c")
    head, _, rest = page.partition("</head>")
    head = head.replace('<script src="/scripts/', '<script defer="" src="/scripts/')
    head = _SHEET.sub('<link media="print" ', head)
    title = f"<title>Call {html.escape(campaign.account_name)}</title>"
    added = (
        f"{_shell(campaign)}"
        f'<script type="application/json" id="call-page">{data}</script>'
        f'<script src="/scripts/call_shell.js" defer=""></script>'
    )
    content, end, after = rest.rpartition("</body>")
    return f"{head}{title}</head>{content}{added}{end}{after}"


def _shell(campaign: CallPage) -> str:
    name, assistant = html.escape(campaign.account_name), html.escape(campaign.assistant_name)
    button = '<button type="button" disabled>Start call</button>' if campaign.status == "active" else ""
    return (
        f"<call-shell>{_STYLE}<main>"
        f'<header><i aria-hidden="true">{html.escape(campaign.account_name[:1])}</i><b>{name}</b></header>'
        f"<div>{_ring()}<p><b>{assistant}</b>AI assistant</p></div>"
        f"<h1>Talk to {name}</h1><p>{html.escape(campaign.name)}</p>{button}</main></call-shell>"
    )


@cache
def _ring() -> str:
    """The voice ring at rest, as `VoiceRing.tsx` draws it, in fewer lines and points."""
    outlines: list[str] = []
    for line in range(_LINES):
        depth = _DEPTH * (2 * line / (_LINES - 1) - 1)
        angles = [2 * math.pi * point / _POINTS for point in range(_POINTS)]
        radii = [_RADIUS * (1 + depth * math.cos(2 * angle + math.pi / 2)) for angle in angles]
        points = (
            f"{radius * math.cos(angle):.1f} {radius * math.sin(angle):.1f}"
            for angle, radius in zip(angles, radii, strict=True)
        )
        outlines.append(f'<path d="M{"L".join(points)}Z"/>')
    return f'<svg viewBox="-112 -112 224 224" aria-hidden="true">{"".join(outlines)}</svg>'
