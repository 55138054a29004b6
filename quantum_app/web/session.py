"""Who is logged in, as pages show it, and how a socket tells."""

from http.cookies import CookieError, SimpleCookie

import reflex as rx

from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.schemas import Identity
from quantum_app.settings import settings


async def identify(cookie_header: str) -> Identity | None:
    """The person behind a `Cookie` header, looked up anew. Raises SegmentDown(DB)."""
    try:
        morsel = SimpleCookie(cookie_header).get(settings().cookie_name)
    except CookieError:
        return None
    return await accounts.resolve(morsel.value) if morsel is not None else None


class Session(rx.State):
    """What the frame shows of the person. Display only: no handler trusts it."""

    account: str = ""
    person: str = ""
    email: str = ""

    def fill(self, who: Identity) -> None:
        self.account, self.person, self.email = who.account_name, who.name, who.email
