"""API tokens: what the page needs to know of the person. The tokens go between the page and the API alone."""

import reflex as rx

from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission, Role, token_roles
from quantum_app.domain.identity import credentials
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import QuantumError
from quantum_app.web import guard

_MAY = {
    Role.VIEWER: "Reads calls and campaigns",
    Role.BUILDER: "Also changes campaigns and flows",
    Role.ADMIN: "Also deletes calls, and reads members, the audit log, and exports",
}


class Tokens(rx.State):
    """roles: those that the person can give a token: value, name, text."""

    roles: list[dict[str, str]] = []
    second_factor: bool = False
    has_password: bool = True
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.API_TOKENS)
    async def load(self, who: Identity):
        try:
            async with account_session(who.account_id, user_id=who.user_id) as session:
                self.has_password = await credentials.has_password(session, who)
        except QuantumError as error:
            self.failure = error.message
            return
        self.second_factor = who.second_factor
        self.roles = [
            {"value": role.value, "name": role.value.capitalize(), "text": _MAY[role]} for role in token_roles(who.role)
        ]
        self.failure, self.loaded = "", True
