"""The web app: wires pages, REST API and background tasks together."""

import reflex as rx

from quantum_app.api import dev, flow_work
from quantum_app.api.app import transform
from quantum_app.kit import log
from quantum_app.providers import redis_bus
from quantum_app.settings import settings
from quantum_app.web import connections, csp, live, page_session, page_states, shell, socket_limits, stale_tab
from quantum_app.web.audit.page import audit
from quantum_app.web.audit.state import AuditState
from quantum_app.web.call.page import call as call_page
from quantum_app.web.call.page import transcript
from quantum_app.web.calls.page import call, calls
from quantum_app.web.calls.state import CallsState, CallState
from quantum_app.web.campaigns.page import campaigns
from quantum_app.web.campaigns.state import CampaignsState
from quantum_app.web.data.page import data
from quantum_app.web.data.state import DataState
from quantum_app.web.deleted.page import deleted
from quantum_app.web.deleted.state import DeletedState
from quantum_app.web.designer.page import designer
from quantum_app.web.designer.state import DesignerState
from quantum_app.web.guard import RESTORE_PAGE, SECURITY_PAGE
from quantum_app.web.home.page import home
from quantum_app.web.home.state import HomeState
from quantum_app.web.identity import page as identity
from quantum_app.web.knowledge.base_page import base as knowledge_base
from quantum_app.web.knowledge.base_state import BaseState
from quantum_app.web.knowledge.document_page import document as knowledge_document
from quantum_app.web.knowledge.document_state import DocumentState
from quantum_app.web.knowledge.page import knowledge
from quantum_app.web.knowledge.state import KnowledgeState
from quantum_app.web.mail.page import mail
from quantum_app.web.mail.state import SentMailState
from quantum_app.web.mailbox.page import mailbox
from quantum_app.web.members.page import members
from quantum_app.web.members.state import MembersState
from quantum_app.web.missing.page import missing
from quantum_app.web.security.page import security
from quantum_app.web.security.state import SecurityState
from quantum_app.web.settings.page import restore
from quantum_app.web.settings.page import settings as settings_page
from quantum_app.web.settings.state import RestoreState, SettingsState
from quantum_app.web.tokens.page import tokens
from quantum_app.web.tokens.state import TokensState
from quantum_app.web.welcome.page import welcome
from quantum_app.web.welcome.state import WelcomeState

log.configure(settings().log_format, settings().log_level)

# What Python pages look like; the parts of `frontend/` bring their own.
SHEETS = ("tokens", "parts", "layout", "calls", "forms", "identity", "account", "campaigns", "knowledge", "home")

app = rx.App(
    stylesheets=[f"/styles/{sheet}.css" for sheet in SHEETS],
    html_lang="en",
    head_components=[
        rx.el.link(rel="icon", href="/mark.svg", type="image/svg+xml"),
        rx.el.script(src="/scripts/fragment.js"),
        rx.el.script(src="/scripts/page_session.js"),
    ],
    # Reflex's own toasts need inline scripts, which the Content-Security-Policy forbids. Ours are in ui/toast.
    toaster=None,
    app_wraps={(55, "ErrorBoundary"): shell.boundary},
    backend_exception_handler=shell.explain,
    frontend_exception_handler=shell.report,
    api_transformer=[csp.protect, page_session.protect, socket_limits.protect, transform],
)
app.add_middleware(stale_tab.StaleTabMiddleware())
connections.install(app, on_close=live.unwatch)
page_states.install(app)
app.add_page(home, route="/", title="Overview · Quantum Voice", on_load=HomeState.load)
app.add_page(identity.signup, route="/signup", title="Create your account · Quantum Voice")
app.add_page(identity.login, route="/login", title="Log in · Quantum Voice")
app.add_page(identity.verify, route="/verify", title="Confirm your email · Quantum Voice")
app.add_page(identity.forgot, route="/forgot", title="Forgot password · Quantum Voice")
app.add_page(identity.reset, route="/reset", title="Reset password · Quantum Voice")
app.add_page(identity.invite, route="/invite", title="Invitation · Quantum Voice")
app.add_page(identity.confirm_email, route="/confirm-email", title="Confirm your new email · Quantum Voice")
app.add_page(welcome, route="/welcome", title="Set up your assistant · Quantum Voice", on_load=WelcomeState.load)
app.add_page(calls, route="/calls", title="Calls · Quantum Voice", on_load=CallsState.load)
app.add_page(call, route="/calls/[call]", title="Call · Quantum Voice", on_load=CallState.load)
app.add_page(campaigns, route="/campaigns", title="Campaigns · Quantum Voice", on_load=CampaignsState.load)
app.add_page(knowledge, route="/knowledge", title="Knowledge · Quantum Voice", on_load=KnowledgeState.load)
app.add_page(knowledge_base, route="/knowledge/[base]", title="Knowledge · Quantum Voice", on_load=BaseState.load)
app.add_page(
    knowledge_document,
    route="/knowledge/[base]/[document]",
    title="Document · Quantum Voice",
    on_load=DocumentState.load,
)
app.add_page(designer, route="/flows/designer/[campaignId]", title="Flow · Quantum Voice", on_load=DesignerState.load)
app.add_page(settings_page, route="/settings", title="Settings · Quantum Voice", on_load=SettingsState.load)
app.add_page(restore, route=RESTORE_PAGE, title="Restore account · Quantum Voice", on_load=RestoreState.load)
app.add_page(members, route="/settings/members", title="Members · Quantum Voice", on_load=MembersState.load)
app.add_page(security, route=SECURITY_PAGE, title="Security · Quantum Voice", on_load=SecurityState.load)
app.add_page(audit, route="/settings/audit", title="Audit log · Quantum Voice", on_load=AuditState.load)
app.add_page(data, route="/settings/data", title="Data · Quantum Voice", on_load=DataState.load)
app.add_page(deleted, route="/settings/deleted", title="Deleted items · Quantum Voice", on_load=DeletedState.load)
app.add_page(tokens, route="/settings/tokens", title="API tokens · Quantum Voice", on_load=TokensState.load)
app.add_page(mail, route="/settings/mail", title="Sent mail · Quantum Voice", on_load=SentMailState.load)
app.add_page(call_page, route="/call/[campaign]", title="Call", description="Talk to the assistant in your browser.")
app.add_page(transcript, route="/transcript", title="Transcript · Quantum Voice")
app.add_page(mailbox, route=dev.PAGE, title="Mailbox · Quantum Voice")
app.add_page(missing, route="404", title="Not found · Quantum Voice")


async def follow_live_events() -> None:
    """Push live events to the pages that watch them."""
    await live.follow(app, redis_bus.subscribe(settings().redis.url.get_secret_value()))


app.register_lifespan_task(follow_live_events)
app.register_lifespan_task(flow_work.lifespan)
