"""Who sets up an assistant."""

import reflex as rx

from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.identity.schemas import Identity
from quantum_app.web import guard


class WelcomeState(rx.State):
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.SELF)
    async def load(self, identity: Identity):
        """Only for users who may create campaigns. Others are redirected."""
        if not identity.may(Permission.CAMPAIGNS_WRITE) or identity.lacks_second_factor:
            return rx.redirect("/")
        self.failure, self.loaded = "", True
        return None
