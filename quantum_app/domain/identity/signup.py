"""How somebody becomes a user: by signing up, or by an invitation. An address that is not confirmed is nobody's."""

import hmac
import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session, public_session, user_session
from quantum_app.domain.accounts import members
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.audit import service as audit
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.identity import external, passwords, repository
from quantum_app.domain.identity.repository import PendingSignup
from quantum_app.domain.identity.schemas import Identity
from quantum_app.domain.identity.service import digest
from quantum_app.domain.outbox import service as outbox
from quantum_app.errors import Conflict, InvalidInput, NotAuthenticated, NotFound
from quantum_app.kit import tokens
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.settings import settings

LIFETIME = timedelta(hours=24)
PURPOSE = "signup_verify"


async def sign_up(*, account: str, name: str, email: str, password: str) -> str:
    """Send a link to the address; what this browser keeps, to be logged in by it.

    For an address that has a login already, its owner is told so by mail: the answer here is the same, and takes as
    long. email: normalised. Raises InvalidInput for a weak password.
    """
    passwords.check(password, account, name, email)
    return await _begin(account, name, email, password_hash=await passwords.hashed(password), identity=None)


async def _begin(
    account: str, name: str, email: str, *, password_hash: str | None, identity: tuple[str, str] | None
) -> str:
    signup_id, browser = new_id(), secrets.token_urlsafe(24)
    async with public_session() as session:
        known = await repository.login_by_email(session, email)
    if known is None:
        pending = PendingSignup(
            signup_id,
            account,
            name,
            email,
            password_hash,
            digest(browser),
            now() + LIFETIME,
            *(identity or (None, None)),
        )
        async with user_session(signup_id) as session:
            await repository.add_signup(session, pending)
            await _send_link(session, pending, f"signup:{signup_id}")
    else:
        async with user_session(known[0]) as session:
            await outbox.send_mail(
                session, key=f"signup:{signup_id}", to=email, template="signup_known", data={}, user_id=known[0]
            )
    return f"{signup_id}.{browser}"


async def sign_up_external(*, issuer: str, subject: str, name: str, email: str) -> str:
    """Send a link to an address that the identity provider has not verified; what this browser keeps.

    The account opens in this browser alone, once the link is open: whoever else has the address gets no login that
    somebody else's identity opens too. An address with a login is treated as in `sign_up`. email: normalised.
    """
    name = name or external.name_of(email)
    return await _begin(external.account_name_of(name), name, email, password_hash=None, identity=(issuer, subject))


async def send_again(kept: str) -> None:
    """Send the link once more. kept: what `sign_up` gave this browser; nothing happens for one that is not known."""
    pending = await _mine(kept)
    if pending is not None:
        async with user_session(pending.id) as session:
            await _send_link(session, pending, f"signup:{pending.id}:{new_id()}")


async def verify(token: str, *, kept: str = "", password: str = "") -> tuple[UUID, str]:
    """Open the account that the link is for; its owner, and their address.

    Whoever has the link has to be who signed up: the same browser (kept), or somebody who knows the password that was
    chosen then. Raises NotFound for a link that is not good any more, NotAuthenticated with code `password_required`,
    `wrong_credentials` or `other_browser` (who comes by an identity provider has no password), Conflict when the
    address has got a login meanwhile.
    """
    signup_id = tokens.verify(settings().signing_key, PURPOSE, token)
    if signup_id is None:
        raise _gone()
    account_id = new_id()
    try:
        async with account_session(account_id, user_id=signup_id) as session:
            pending = await repository.take_signup(session, signup_id)
            if pending is None or pending.expires_at <= now():
                raise _gone()
            await _prove(pending, kept, password)
            await repository.add_user(
                session, signup_id, email=pending.email, name=pending.name, password_hash=pending.password_hash
            )
            if pending.issuer and pending.subject:
                await repository.add_identity(session, signup_id, pending.issuer, pending.subject, pending.email)
            await accounts.create(session, account_id, name=pending.account_name, owner=signup_id)
            actor = Actor(signup_id, pending.email)
            await audit.record(
                session, account_id, actor, "account.created", "account", account_id, new={"name": pending.account_name}
            )
    except IntegrityError:
        raise Conflict("This address has a login already. Log in with it.", code="known_address") from None
    return signup_id, pending.email


async def accept_as_newcomer(invitation: str, *, name: str, password: str) -> tuple[UUID, str]:
    """Become a user by an invitation, which proves the address; the new user, a member then, and their address.

    Raises NotFound for an invitation that is not good any more, InvalidInput, Conflict for an address with a login.
    """
    open_one = await members.open_invitation(invitation)
    passwords.check(password, open_one.account_name, name, open_one.email)
    password_hash, user_id = await passwords.hashed(password), new_id()
    try:
        async with account_session(open_one.account_id, user_id=user_id) as session:
            await repository.add_user(session, user_id, email=open_one.email, name=name, password_hash=password_hash)
            await members.accept(session, open_one, user_id)
    except IntegrityError:
        raise Conflict("This address has a login already. Log in to accept.", code="known_address") from None
    return user_id, open_one.email


async def accept(who: Identity, invitation: str) -> UUID:
    """Join the account that somebody who is logged in was invited to; the account. Raises NotFound, InvalidInput."""
    open_one = await members.open_invitation(invitation)
    if open_one.email != who.email:
        raise InvalidInput(
            f"This invitation is for {open_one.email}, and you are logged in as {who.email}.", code="other_address"
        )
    async with account_session(open_one.account_id, user_id=who.user_id) as session:
        await members.accept(session, open_one, who.user_id)
    return open_one.account_id


async def has_login(email: str) -> bool:
    """Whether somebody has this address. For those only who have proven that it is theirs."""
    async with public_session() as session:
        return await repository.login_by_email(session, email) is not None


async def create(
    session: AsyncSession, account_id: UUID, user_id: UUID, *, account: str, email: str, name: str, password: str
) -> None:
    """A new account and its owner without a mail, for set-up; the session is of both, opened with ids made for them."""
    password_hash = await passwords.hashed(password)
    await repository.add_user(session, user_id, email=email.lower(), name=name, password_hash=password_hash)
    await accounts.create(session, account_id, name=account, owner=user_id)


async def ensure_password(email: str, password: str) -> None:
    """Make this the person's password, unless it is already. Raises NotFound for an unknown address."""
    async with public_session() as session:
        found = await repository.login_by_email(session, email.lower())
    if found is None:
        raise NotFound(f"Nobody has the e-mail address {email}.")
    user_id, known_hash = found
    if not (await passwords.verify(password, known_hash))[0]:
        async with user_session(user_id) as session:
            await repository.set_password_hash(session, user_id, await passwords.hashed(password))


async def _mine(kept: str) -> PendingSignup | None:
    signup_id, browser = _parts(kept)
    if signup_id is None:
        return None
    async with user_session(signup_id) as session:
        pending = await repository.signup(session, signup_id)
    good = pending is not None and hmac.compare_digest(pending.browser_hash, digest(browser))
    return pending if good else None


async def _prove(pending: PendingSignup, kept: str, password: str) -> None:
    signup_id, browser = _parts(kept)
    if signup_id == pending.id and hmac.compare_digest(pending.browser_hash, digest(browser)):
        return
    if pending.password_hash is None:
        raise NotAuthenticated(
            "Open the link in the browser in which you continued with your provider, or continue with it here.",
            code="other_browser",
        )
    if not password:
        raise NotAuthenticated(
            "Enter the password that you chose when you signed up: this is another browser.", code="password_required"
        )
    if not (await passwords.verify(password, pending.password_hash))[0]:
        raise NotAuthenticated("This is not the password that was chosen then.", code="wrong_credentials")


async def _send_link(session: AsyncSession, pending: PendingSignup, key: str) -> None:
    data = {"token": {"purpose": PURPOSE, "id": str(pending.id)}}
    await outbox.send_mail(session, key=key, to=pending.email, template=PURPOSE, data=data, user_id=pending.id)


def _parts(kept: str) -> tuple[UUID | None, str]:
    head, _, browser = kept.partition(".")
    try:
        return UUID(head), browser
    except ValueError:
        return None, ""


def _gone() -> NotFound:
    return NotFound("This link is not good any more. Sign up again to get a new one.", code="link_over")
