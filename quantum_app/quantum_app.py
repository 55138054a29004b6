"""The web app: pages, REST API and background tasks, put together."""

import reflex as rx

from quantum_app.api import dev, flow_work
from quantum_app.api.app import transform
from quantum_app.kit import log
from quantum_app.providers import redis_bus
from quantum_app.settings import settings
from quantum_app.web import connections, csp, live, page_session, page_states, shell, socket_limits, tab
from quantum_app.web.audit.page import audit
from quantum_app.web.audit.state import Audit
from quantum_app.web.call.page import call as call_page
from quantum_app.web.calls.page import call, calls
from quantum_app.web.calls.state import Call, Calls
from quantum_app.web.campaigns.page import campaigns
from quantum_app.web.campaigns.state import Campaigns
from quantum_app.web.data.page import data
from quantum_app.web.data.state import Data
from quantum_app.web.designer.page import designer
from quantum_app.web.designer.state import Designing
from quantum_app.web.guard import RESTORE_PAGE, SECURITY_PAGE
from quantum_app.web.home.page import home
from quantum_app.web.home.state import Home
from quantum_app.web.identity import page as identity
from quantum_app.web.mail.page import mail
from quantum_app.web.mail.state import SentMail
from quantum_app.web.mailbox.page import mailbox
from quantum_app.web.members.page import members
from quantum_app.web.members.state import Members
from quantum_app.web.missing.page import missing
from quantum_app.web.security.page import security
from quantum_app.web.security.state import Security
from quantum_app.web.settings.page import restore
from quantum_app.web.settings.page import settings as settings_page
from quantum_app.web.settings.state import Account, Restore
from quantum_app.web.tokens.page import tokens
from quantum_app.web.tokens.state import Tokens
from quantum_app.web.welcome.page import welcome
from quantum_app.web.welcome.state import Welcome

log.configure(settings().log_format, settings().log_level)

SHEETS = ("tokens", "parts", "frame", "calls", "call", "mailbox", "account", "campaigns", "designer", "simulator")

app = rx.App(
    stylesheets=[f"/qv/{sheet}.css" for sheet in SHEETS],
    html_lang="en",
    head_components=[
        rx.el.link(rel="icon", href="/qv/mark.svg", type="image/svg+xml"),
        rx.el.script(src="/qv/fragment.js"),
        rx.el.script(src="/qv/page_session.js"),
    ],
    # Reflex's own toasts need scripts from the server, which the Content-Security-Policy forbids; ours are in shell.
    toaster=None,
    app_wraps={(55, "ErrorBoundary"): shell.boundary},
    backend_exception_handler=shell.explain,
    frontend_exception_handler=shell.report,
    api_transformer=[csp.protect, page_session.protect, socket_limits.protect, transform],
)
app.add_middleware(tab.Known())
connections.install(app, on_close=live.forget)
page_states.install(app)
app.add_page(home, route="/", title="Quantum Voice", on_load=Home.load)
app.add_page(identity.signup, route="/signup", title="Create your account · Quantum Voice")
app.add_page(identity.login, route="/login", title="Log in · Quantum Voice")
app.add_page(identity.verify, route="/verify", title="Opening your account · Quantum Voice")
app.add_page(identity.forgot, route="/forgot", title="Forgot your password? · Quantum Voice")
app.add_page(identity.reset, route="/reset", title="Choose a new password · Quantum Voice")
app.add_page(identity.invite, route="/invite", title="Invitation · Quantum Voice")
app.add_page(identity.confirm_email, route="/confirm-email", title="Confirming your address · Quantum Voice")
app.add_page(welcome, route="/welcome", title="Welcome · Quantum Voice", on_load=Welcome.load)
app.add_page(calls, route="/calls", title="Calls · Quantum Voice", on_load=Calls.load)
app.add_page(call, route="/calls/[call]", title="Call · Quantum Voice", on_load=Call.load)
app.add_page(campaigns, route="/campaigns", title="Campaigns · Quantum Voice", on_load=Campaigns.load)
app.add_page(designer, route="/flows/designer/[campaignId]", title="Flow · Quantum Voice", on_load=Designing.load)
app.add_page(settings_page, route="/settings", title="Settings · Quantum Voice", on_load=Account.load)
app.add_page(restore, route=RESTORE_PAGE, title="Restore the account · Quantum Voice", on_load=Restore.load)
app.add_page(members, route="/settings/members", title="Members · Quantum Voice", on_load=Members.load)
app.add_page(security, route=SECURITY_PAGE, title="Security · Quantum Voice", on_load=Security.load)
app.add_page(audit, route="/settings/audit", title="Audit log · Quantum Voice", on_load=Audit.load)
app.add_page(data, route="/settings/data", title="Data · Quantum Voice", on_load=Data.load)
app.add_page(tokens, route="/settings/tokens", title="API tokens · Quantum Voice", on_load=Tokens.load)
app.add_page(mail, route="/settings/mail", title="Sent mail · Quantum Voice", on_load=SentMail.load)
app.add_page(call_page, route="/call/[campaign]", title="Call", description="Speak with the assistant in your browser.")
app.add_page(mailbox, route=dev.PAGE, title="Mailbox · Quantum Voice")
app.add_page(missing, route="404", title="Not found · Quantum Voice")


async def follow_live_events() -> None:
    """Live events → the pages that watch."""
    await live.follow(app, redis_bus.subscribe(settings().redis.url.get_secret_value()))


app.register_lifespan_task(follow_live_events)
app.register_lifespan_task(flow_work.lifespan)
