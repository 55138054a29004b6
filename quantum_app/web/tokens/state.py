"""What the API tokens page needs to know about the user. Tokens go between page and API, never through here."""

import reflex as rx

from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission, Role, token_roles
from quantum_app.domain.identity import credentials
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import QuantumError
from quantum_app.web import guard

_MAY = {
    Role.VIEWER: "Can read calls, campaigns and knowledge",
    Role.BUILDER: "Can also edit campaigns, flows and knowledge",
    Role.ADMIN: "Can also delete calls, and read members, the audit log and exports",
}


class TokensState(rx.State):
    """roles: Roles that the user can give a token, as value, name and text."""

    roles: list[dict[str, str]] = []
    second_factor: bool = False
    has_password: bool = True
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.API_TOKENS)
    async def load(self, identity: Identity):
        try:
            async with account_session(identity.account_id, user_id=identity.user_id) as session:
                self.has_password = await credentials.has_password(session, identity)
        except QuantumError as error:
            self.failure = error.message
            return
        self.second_factor = identity.second_factor
        self.roles = [
            {"value": role.value, "name": role.value.capitalize(), "text": _MAY[role]}
            for role in token_roles(identity.role)
        ]
        self.failure, self.loaded = "", True
