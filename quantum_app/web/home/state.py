"""`/`: to the first room that one may enter."""

import reflex as rx

from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.identity.schemas import Identity
from quantum_app.web import guard


class Home(rx.State):
    failure: str = ""

    @guard.page(Permission.SELF)
    async def load(self, who: Identity):
        """Whoever cannot see calls looks after their own login; the owner of a deleted account can restore it."""
        if who.account_deleted_at is not None and who.may(Permission.OWNERSHIP):
            return rx.redirect(guard.RESTORE_PAGE)
        return rx.redirect("/calls" if who.may(Permission.CALLS_READ) else guard.SECURITY_PAGE)
