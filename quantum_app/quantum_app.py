"""The web app: pages, REST API and background tasks, put together."""

import reflex as rx

from quantum_app.api import dev
from quantum_app.api.app import transform
from quantum_app.domain.calls import sweep
from quantum_app.kit import log
from quantum_app.providers import redis_bus
from quantum_app.settings import settings
from quantum_app.web import csp, live, shell
from quantum_app.web.call.page import call as call_page
from quantum_app.web.calls.page import call, calls
from quantum_app.web.calls.state import Call, Calls
from quantum_app.web.login.page import login
from quantum_app.web.mailbox.page import mailbox
from quantum_app.web.missing.page import missing

log.configure(settings().log_format, settings().log_level)

app = rx.App(
    stylesheets=[f"/qv/{sheet}.css" for sheet in ("tokens", "parts", "frame", "calls", "call", "mailbox")],
    html_lang="en",
    head_components=[rx.el.link(rel="icon", href="/qv/mark.svg", type="image/svg+xml")],
    # Reflex's own toasts need scripts from the server, which the Content-Security-Policy forbids; ours are in shell.
    toaster=None,
    app_wraps={(55, "ErrorBoundary"): shell.boundary},
    backend_exception_handler=shell.explain,
    api_transformer=[csp.protect, transform],
)
app.add_page(rx.fragment, route="/", title="Quantum Voice", on_load=rx.redirect("/calls"))
app.add_page(login, route="/login", title="Log in · Quantum Voice")
app.add_page(calls, route="/calls", title="Calls · Quantum Voice", on_load=Calls.load)
app.add_page(call, route="/calls/[call]", title="Call · Quantum Voice", on_load=Call.load)
app.add_page(call_page, route="/call/[campaign]", title="Call", description="Speak with the assistant in your browser.")
app.add_page(mailbox, route=dev.PAGE, title="Mailbox · Quantum Voice")
app.add_page(missing, route="404", title="Not found · Quantum Voice")


async def follow_live_events() -> None:
    """Live events → the pages that watch."""
    await live.follow(app, redis_bus.subscribe(settings().redis.url.get_secret_value()))


app.register_lifespan_task(follow_live_events)
app.register_lifespan_task(sweep.run_forever)
