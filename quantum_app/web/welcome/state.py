"""Onboarding after sign-up."""

from dataclasses import replace
from typing import Any

import reflex as rx

from quantum_app.db.session import account_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import InvalidInput, QuantumError
from quantum_app.web import connections, guard
from quantum_app.web.session import refresh
from quantum_app.web.ui.forms import text_of


class WelcomeState(rx.State):
    """step: 1 asks for the business name, 2 offers the demo call."""

    step: int = 1
    name: str = ""
    error: str = ""
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.SELF)
    async def load(self, identity: Identity):
        """Only for users who manage the account. Others are redirected."""
        if not identity.may(Permission.ACCOUNT_MANAGE):
            return rx.redirect("/")
        if not (connections.resumes() and self.loaded):
            self.name, self.step, self.error = identity.account_name, 1, ""
        self.failure, self.loaded = "", True
        return None

    @guard.event(Permission.ACCOUNT_MANAGE)
    async def save(self, identity: Identity, form: dict[str, Any]):
        """Save the name and go to the next step."""
        self.error = ""
        try:
            async with account_session(identity.account_id, user_id=identity.user_id) as session:
                current = await accounts.get_settings(session, identity.account_id)
                changes = replace(current, name=text_of(form, "name"))
                await accounts.update_settings(session, identity.account_id, identity.actor, changes)
        except InvalidInput as error:
            self.error, self.loaded = error.message, True
            return
        except QuantumError as error:
            self.failure = error.message
            return
        await refresh(self)
        self.name, self.step, self.loaded = changes.name, 2, True

    @guard.event(Permission.SELF)
    async def go(self, identity: Identity, step: int):
        """Go to another step."""
        self.step, self.loaded = 2 if step == 2 else 1, True
