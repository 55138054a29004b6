"""`/`: redirects to the first page that the role has access to."""

import reflex as rx

from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.identity.schemas import Identity
from quantum_app.web import guard


class HomeState(rx.State):
    failure: str = ""

    @guard.page(Permission.SELF)
    async def load(self, identity: Identity):
        """Redirect to the calls, to restoring a deleted account, or to one's own security settings."""
        if identity.account_deleted_at is not None and identity.may(Permission.OWNERSHIP):
            return rx.redirect(guard.RESTORE_PAGE)
        return rx.redirect("/calls" if identity.may(Permission.CALLS_READ) else guard.SECURITY_PAGE)
