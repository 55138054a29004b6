"""The first minutes after signing up."""

from dataclasses import replace
from typing import Any

import reflex as rx

from quantum_app.db.session import account_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import InvalidInput, QuantumError
from quantum_app.web import guard
from quantum_app.web.session import refresh
from quantum_app.web.ui.forms import text_of


class Welcome(rx.State):
    """step: 1 the name of the business, 2 the demo call. Each can be skipped."""

    step: int = 1
    name: str = ""
    error: str = ""
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.SELF)
    async def load(self, who: Identity):
        """For whoever looks after the account; others go on."""
        if not who.may(Permission.ACCOUNT_MANAGE):
            return rx.redirect("/")
        self.name, self.step = who.account_name, 1
        self.error, self.failure, self.loaded = "", "", True
        return None

    @guard.event(Permission.ACCOUNT_MANAGE)
    async def save(self, who: Identity, form: dict[str, Any]):
        """Take the name, and go on."""
        self.error = ""
        try:
            async with account_session(who.account_id, user_id=who.user_id) as session:
                now = await accounts.get_settings(session, who.account_id)
                wanted = replace(now, name=text_of(form, "name"))
                await accounts.update_settings(session, who.account_id, who.actor, wanted)
        except InvalidInput as error:
            self.error, self.loaded = error.message, True
            return
        except QuantumError as error:
            self.failure = error.message
            return
        await refresh(self)
        self.name, self.step, self.loaded = wanted.name, 2, True

    @guard.event(Permission.SELF)
    async def go(self, who: Identity, step: int):
        """To another step."""
        self.step, self.loaded = 2 if step == 2 else 1, True
