"""Signing up, and accepting invitations. A user is created only once their email address is confirmed."""

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
from quantum_app.domain.identity.service import token_digest
from quantum_app.domain.outbox import service as outbox
from quantum_app.errors import Conflict, InvalidInput, NotAuthenticated, NotFound
from quantum_app.kit import tokens
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.settings import settings

LIFETIME = timedelta(hours=24)
PURPOSE = "signup_verify"


async def sign_up(*, account: str, name: str, email: str, password: str) -> str:
    """Email a confirmation link. Returns a token for this browser, which logs it in when the link is opened.

    If the address has a login already, its owner gets an email that says so. The response and its timing are the same.
    Raises InvalidInput for a weak password.

    account: Name of the account.
    email: Normalized.
    """
    passwords.check_strength(password, account, name, email)
    return await _create_signup(
        account, name, email, password_hash=await passwords.hash_password(password), external_identity=None
    )


async def _create_signup(
    account: str, name: str, email: str, *, password_hash: str | None, external_identity: tuple[str, str] | None
) -> str:
    signup_id, browser = new_id(), secrets.token_urlsafe(24)
    async with public_session() as session:
        existing = await repository.login_by_email(session, email)
    if existing is None:
        pending = PendingSignup(
            signup_id,
            account,
            name,
            email,
            password_hash,
            token_digest(browser),
            now() + LIFETIME,
            *(external_identity or (None, None)),
        )
        async with user_session(signup_id) as session:
            await repository.add_signup(session, pending)
            await _send_link(session, pending, f"signup:{signup_id}")
    else:
        async with user_session(existing[0]) as session:
            await outbox.send_email(
                session, key=f"signup:{signup_id}", to=email, template="signup_known", data={}, user_id=existing[0]
            )
    return f"{signup_id}.{browser}"


async def sign_up_external(*, issuer: str, subject: str, name: str, email: str) -> str:
    """Sign up with an external identity whose email address the provider hasn't verified.

    The link works only in this browser. Otherwise the owner of the address could confirm an account that somebody
    else's identity opens. An address with a login is treated as in `sign_up`.

    email: Normalized.
    """
    name = name or external.name_from_email(email)
    return await _create_signup(
        external.default_account_name(name), name, email, password_hash=None, external_identity=(issuer, subject)
    )


async def resend_link(browser_token: str) -> None:
    """Send the link again. Does nothing for an unknown token. browser_token: As returned by `sign_up`."""
    pending = await _signup_of_browser(browser_token)
    if pending is not None:
        async with user_session(pending.id) as session:
            await _send_link(session, pending, f"signup:{pending.id}:{new_id()}")


async def verify(
    token: str, *, browser_token: str = "", password: str = "", time_zone: str = "UTC"
) -> tuple[UUID, str]:
    """Create the user and account that a confirmation link is for. Returns the user's ID and email address.

    The link must be opened by the person who signed up: in the same browser, or with the password they chose. Raises
    NotFound if the link is invalid or expired, NotAuthenticated with code `password_required`, `wrong_credentials` or
    `other_browser` (a sign-up without a password), Conflict if the address got a login meanwhile.

    time_zone: IANA name, as the browser tells it. An unknown one becomes UTC.
    """
    signup_id = tokens.verify(settings().signing_key, PURPOSE, token)
    if signup_id is None:
        raise _link_invalid()
    account_id = new_id()
    try:
        async with account_session(account_id, user_id=signup_id) as session:
            pending = await repository.take_signup(session, signup_id)
            if pending is None or pending.expires_at <= now():
                raise _link_invalid()
            await _check_same_person(pending, browser_token, password)
            await repository.add_user(
                session, signup_id, email=pending.email, name=pending.name, password_hash=pending.password_hash
            )
            if pending.issuer and pending.subject:
                await repository.add_identity(session, signup_id, pending.issuer, pending.subject, pending.email)
            await accounts.create(session, account_id, name=pending.account_name, owner=signup_id, time_zone=time_zone)
            actor = Actor(signup_id, pending.email)
            await audit.record(
                session, account_id, actor, "account.created", "account", account_id, new={"name": pending.account_name}
            )
    except IntegrityError:
        raise Conflict("This email address already has a login. Log in instead.", code="known_address") from None
    return signup_id, pending.email


async def accept_invitation_as_new_user(invitation: str, *, name: str, password: str) -> tuple[UUID, str]:
    """Create a user as a member of the account they were invited to. Returns their ID and email address.

    The invitation's link proves the address. Raises NotFound if it is invalid or expired, InvalidInput, Conflict if the
    address has a login.
    """
    invite = await members.invitation_of_token(invitation)
    passwords.check_strength(password, invite.account_name, name, invite.email)
    password_hash, user_id = await passwords.hash_password(password), new_id()
    try:
        async with account_session(invite.account_id, user_id=user_id) as session:
            await repository.add_user(session, user_id, email=invite.email, name=name, password_hash=password_hash)
            await members.accept_invitation(session, invite, user_id)
    except IntegrityError:
        raise Conflict("This email address already has a login. Log in to accept.", code="known_address") from None
    return user_id, invite.email


async def accept_invitation(identity: Identity, invitation: str) -> UUID:
    """Add a logged-in user to the account they were invited to, and return its ID. Raises NotFound, InvalidInput."""
    invite = await members.invitation_of_token(invitation)
    if invite.email != identity.email:
        raise InvalidInput(
            f"This invitation is for {invite.email}, but you're logged in as {identity.email}.",
            code="other_address",
        )
    async with account_session(invite.account_id, user_id=identity.user_id) as session:
        await members.accept_invitation(session, invite, identity.user_id)
    return invite.account_id


async def has_login(email: str) -> bool:
    """Whether a user has this address. Only for callers who have proven that it's theirs."""
    async with public_session() as session:
        return await repository.login_by_email(session, email) is not None


async def create_owner(
    session: AsyncSession, account_id: UUID, user_id: UUID, *, account: str, email: str, name: str, password: str
) -> None:
    """Create a user and an account without an email, for set-up. The session must be of both new IDs."""
    password_hash = await passwords.hash_password(password)
    await repository.add_user(session, user_id, email=email.lower(), name=name, password_hash=password_hash)
    await accounts.create(session, account_id, name=account, owner=user_id)


async def ensure_password(email: str, password: str) -> None:
    """Set the user's password unless it is this one already. Raises NotFound for an unknown address."""
    async with public_session() as session:
        credentials = await repository.login_by_email(session, email.lower())
    if credentials is None:
        raise NotFound(f"No user has the email address {email}.")
    user_id, known_hash = credentials
    if not (await passwords.verify(password, known_hash))[0]:
        async with user_session(user_id) as session:
            await repository.set_password_hash(session, user_id, await passwords.hash_password(password))


async def _signup_of_browser(browser_token: str) -> PendingSignup | None:
    signup_id, browser = _split_browser_token(browser_token)
    if signup_id is None:
        return None
    async with user_session(signup_id) as session:
        pending = await repository.signup(session, signup_id)
    good = pending is not None and hmac.compare_digest(pending.browser_hash, token_digest(browser))
    return pending if good else None


async def _check_same_person(pending: PendingSignup, browser_token: str, password: str) -> None:
    signup_id, browser = _split_browser_token(browser_token)
    if signup_id == pending.id and hmac.compare_digest(pending.browser_hash, token_digest(browser)):
        return
    if pending.password_hash is None:
        raise NotAuthenticated(
            "Open this link in the browser you signed up with, or sign up again here.",
            code="other_browser",
        )
    if not password:
        raise NotAuthenticated(
            "You're in a different browser. Enter the password you chose when you signed up.", code="password_required"
        )
    if not (await passwords.verify(password, pending.password_hash))[0]:
        raise NotAuthenticated("Incorrect password.", code="wrong_credentials")


async def _send_link(session: AsyncSession, pending: PendingSignup, key: str) -> None:
    data = {"token": {"purpose": PURPOSE, "id": str(pending.id)}}
    await outbox.send_email(session, key=key, to=pending.email, template=PURPOSE, data=data, user_id=pending.id)


def _split_browser_token(browser_token: str) -> tuple[UUID | None, str]:
    head, _, browser = browser_token.partition(".")
    try:
        return UUID(head), browser
    except ValueError:
        return None, ""


def _link_invalid() -> NotFound:
    return NotFound("This link is no longer valid. Sign up again to get a new one.", code="link_over")
