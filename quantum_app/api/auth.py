"""Signing up, logging in and out, the second factor, and passwords.

Secrets and cookies pass through here and never through a page's state.
"""

import asyncio
import time
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import AfterValidator, BaseModel, Field

from quantum_app.api import cookies, rate_limits
from quantum_app.api.client import address
from quantum_app.api.endpoint import NO_CONTENT, Endpoint
from quantum_app.api.guard import allowed, in_browser
from quantum_app.api.public_ids import AccountId
from quantum_app.api.schemas.auth import (
    Invitation,
    SecondFactorRequired,
)
from quantum_app.api.schemas.problem import problems
from quantum_app.domain.accounts import members
from quantum_app.domain.accounts.permissions import Permission, Role
from quantum_app.domain.identity import credentials, passwords, signup
from quantum_app.domain.identity import service as logins
from quantum_app.domain.identity.schemas import Challenge, Identity, LoginToken
from quantum_app.errors import InvalidInput, NotAuthenticated, TooManyRequests
from quantum_app.kit.email import normalize_email

# Seconds a response takes when its time must not reveal whether a mail was sent: longer than sending one takes.
_MAIL_TIME = 0.1
# The same where its time must not reveal whether the password was right when the code was wrong.
_BOTH_FACTORS_TIME = 0.5

router = APIRouter(prefix="/api", route_class=Endpoint, tags=["Authentication"])

Email = Annotated[str, Field(max_length=320), AfterValidator(normalize_email)]
Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(str.strip)]
Password = Annotated[str, Field(min_length=1, max_length=passwords.MAX_LENGTH)]
Token = Annotated[str, Field(min_length=1, max_length=200)]
Code = Annotated[str, Field(max_length=40)]
Self = Annotated[Identity, allowed(Permission.SELF)]
TimeZone = Annotated[str, Field(max_length=64, description="The browser's time zone, an IANA name.")]


class SignUp(BaseModel):
    account: Name
    name: Name
    email: Email
    password: Password


class Credentials(BaseModel):
    email: str = Field(max_length=320, description="Any text. If it isn't a valid address, no login matches.")
    password: str = Field(max_length=passwords.MAX_LENGTH)
    code: Annotated[Code, Field(description="The two-factor code, if two-factor authentication is on.")] = ""


class Verification(BaseModel):
    token: Token
    password: str = Field(
        "",
        max_length=passwords.MAX_LENGTH,
        description="The password chosen at sign-up. Required in a different browser.",
    )
    time_zone: TimeZone = "UTC"


class ChallengeAnswer(BaseModel):
    challenge: Token
    code: Annotated[str, Field(min_length=1, max_length=40)]


class NewPasswordRequest(BaseModel):
    email: Email


class PasswordReset(BaseModel):
    token: Token
    password: Password


class LinkToken(BaseModel):
    token: Token


class NewLogin(BaseModel):
    token: Token
    name: Annotated[str, Field(max_length=100), AfterValidator(str.strip)] = ""
    password: str = Field("", max_length=passwords.MAX_LENGTH)


class SwitchAccount(BaseModel):
    account: AccountId


@router.post("/auth/signup", summary="Sign up", status_code=202, response_class=Response)
async def sign_up(request: Request, body: SignUp) -> Response:
    """Sends a mail with a link that creates the account. The response is the same for every address, known or not."""
    await rate_limits.count(rate_limits.MAILS_BY_ADDRESS, "signup", address(request))
    await count_mail(request, "signup", body.email)
    browser_token = await signup.sign_up(account=body.account, name=body.name, email=body.email, password=body.password)
    response = Response(status_code=202)
    cookies.remember_signup(response, browser_token, body.email)
    return response


@router.post("/auth/signup/resend", summary="Resend the sign-up link", status_code=202, response_class=Response)
async def resend_signup(request: Request) -> Response:
    """Sends the link again, for the browser that signed up. The response is the same for every address."""
    await rate_limits.count(rate_limits.MAILS_BY_ADDRESS, "signup", address(request))
    browser_token, email = cookies.signup(request)
    if email:
        await count_mail(request, "signup", email)
    await asyncio.gather(signup.resend_link(browser_token), asyncio.sleep(_MAIL_TIME))
    return Response(status_code=202)


@router.post("/auth/verify", summary="Verify a sign-up", status_code=204, responses=problems(401, 404))
async def verify_signup(request: Request, body: Verification) -> Response:
    """Creates the account that the link is for and logs its owner in."""
    await rate_limits.count(rate_limits.TOKENS_BY_ADDRESS, "verify", address(request))
    user_id, email = await signup.verify(
        body.token, browser_token=cookies.signup(request)[0], password=body.password, time_zone=body.time_zone
    )
    response = logged_in(await logins.begin_login(user_id, method="sign-up"))
    cookies.know_device(request, response, email)
    return response


@router.post(
    "/auth/login",
    summary="Log in",
    response_model=SecondFactorRequired,
    responses={204: {"description": "Logged in: the cookie is set."}, **problems(401)},
)
async def log_in(request: Request, body: Credentials) -> Response:
    """Sets the login cookie, or returns a challenge when a second factor is needed.

    With a code, password and code are checked together, even while failed attempts of others make everybody wait.
    """
    email = body.email.strip().lower()
    if body.code:
        response = logged_in(await _with_both_factors(request, body, email))
        cookies.know_device(request, response, email)
        return response
    async with rate_limits.guessing("login", email, address(request), cookies.device(request, email)):
        result = await logins.login(body.email, body.password)
    if isinstance(result, Challenge):
        challenge = SecondFactorRequired(challenge=result.token)
        response = Response(challenge.model_dump_json(), media_type="application/json")
        cookies.know_device(request, response, email)
        return response
    response = logged_in(result)
    cookies.know_device(request, response, email)
    return response


async def _with_both_factors(request: Request, body: Credentials, email: str) -> LoginToken:
    """The login for a correct password with a correct code.

    The response does not reveal which of the two was wrong, not even by its time: the back-off for password guesses
    would not stop them here. Codes have a back-off of their own, which only attempts with the right password cause.
    Raises NotAuthenticated, TooManyRequests.
    """
    began, device = time.monotonic(), cookies.device(request, email)
    async with rate_limits.guessing("login", email, address(request), device, both_factors=True):
        try:
            user_id = await logins.check_password(body.email, body.password)
            challenge = await logins.challenge_for(user_id)
            if challenge is None:
                raise NotAuthenticated("Two-factor authentication is off.")
            person = str(user_id)
            async with rate_limits.guessing("second-factor", person, address(request), cookies.device(request, person)):
                return await logins.answer_challenge(challenge.token, body.code)
        except (NotAuthenticated, TooManyRequests):
            await asyncio.sleep(max(0.0, began + _BOTH_FACTORS_TIME - time.monotonic()))
            raise NotAuthenticated("Incorrect email, password, or code.", code="wrong_credentials") from None


@router.post("/auth/second-factor", summary="Complete a two-factor challenge", status_code=204, responses=problems(401))
async def answer_challenge(request: Request, body: ChallengeAnswer) -> Response:
    """Sets the login cookie for a code of the authenticator app, or for a recovery code."""
    await rate_limits.count(rate_limits.TOKENS_BY_ADDRESS, "second-factor", address(request))
    user_id = await logins.user_of_challenge(body.challenge)
    person = str(user_id)
    async with rate_limits.guessing("second-factor", person, address(request), cookies.device(request, person)):
        login = await logins.answer_challenge(body.challenge, body.code)
    response = logged_in(login)
    cookies.know_device(request, response, person)
    return response


@router.post("/auth/logout", summary="Log out", status_code=204)
async def log_out(request: Request) -> Response:
    """Ends the login and clears the cookie."""
    token = cookies.login(request)
    if token:
        await logins.logout(token)
    response = Response(status_code=204)
    cookies.forget_login(response)
    return response


@router.post("/auth/forgot", summary="Request a new password", status_code=202, response_class=Response)
async def request_new_password(request: Request, body: NewPasswordRequest) -> Response:
    """Sends a mail with a link, if the address has a login. The response is the same for every address."""
    await rate_limits.count(rate_limits.MAILS_BY_ADDRESS, "forgot", address(request))
    await count_mail(request, "forgot", body.email)
    await asyncio.gather(credentials.request_password_reset(body.email), asyncio.sleep(_MAIL_TIME))
    return Response(status_code=202)


@router.post("/auth/reset", summary="Set a new password", status_code=204, responses=problems(404))
async def reset_password(request: Request, body: PasswordReset) -> Response:
    """Sets a new password with the token of the link. Ends every login and clears failed attempts."""
    await rate_limits.count(rate_limits.TOKENS_BY_ADDRESS, "reset", address(request))
    email = await credentials.reset_password(body.token, body.password)
    await rate_limits.forget_guesses("login", email)
    response = Response(status_code=204)
    cookies.know_device(request, response, email)
    cookies.forget_login(response)
    return response


@router.post("/auth/confirm-email", summary="Confirm a new email address", responses=problems(404, 409), **NO_CONTENT)
async def confirm_email(request: Request, body: LinkToken) -> None:
    """Makes the new address the address of the login."""
    await rate_limits.count(rate_limits.TOKENS_BY_ADDRESS, "email", address(request))
    await credentials.change_email(body.token)


@router.post("/auth/invitation", summary="Retrieve an invitation", responses=problems(404))
async def retrieve_invitation(request: Request, body: LinkToken) -> Invitation:
    """Returns who invites whom to which account."""
    await rate_limits.count(rate_limits.TOKENS_BY_ADDRESS, "invitation", address(request))
    invitation = await members.invitation_of_token(body.token)
    sender, visitor = await members.sender_of(invitation), await in_browser(request)
    return Invitation(
        account=invitation.account_name,
        email=invitation.email,
        role=Role(invitation.role),
        invited_by=sender.name,
        inviter_email=sender.email,
        has_login=await signup.has_login(invitation.email),
        logged_in_as=visitor.email if visitor else "",
    )


@router.post("/auth/invitation/join", summary="Join with a new login", status_code=204, responses=problems(404, 409))
async def join_with_new_login(request: Request, body: NewLogin) -> Response:
    """Accepts an invitation as somebody who has no login yet, creates the login, and logs in."""
    await rate_limits.count(rate_limits.TOKENS_BY_ADDRESS, "invitation", address(request))
    if not body.name:
        raise InvalidInput("Enter your name.", field="name")
    user_id, email = await signup.accept_invitation_as_new_user(body.token, name=body.name, password=body.password)
    response = logged_in(await logins.begin_login(user_id, method="invitation"))
    cookies.know_device(request, response, email)
    return response


@router.post("/auth/invitation/accept", summary="Accept an invitation", status_code=204, responses=problems(404, 409))
async def accept_invitation(body: LinkToken, identity: Self) -> Response:
    """Joins the account with your login, and switches to it."""
    account_id = await signup.accept_invitation(identity, body.token)
    return logged_in(await logins.switch_account(identity, account_id))


@router.post("/auth/switch", summary="Switch accounts", status_code=204, responses=problems(404))
async def switch_account(body: SwitchAccount, identity: Self) -> Response:
    """Switches to another account that you belong to. The login cookie changes."""
    return logged_in(await logins.switch_account(identity, body.account))


async def count_mail(request: Request, purpose: str, to: str) -> None:
    """Count a mail to somebody. One address may send fewer than all together, so nobody uses up another's share."""
    await rate_limits.count(rate_limits.MAILS_BY_EMAIL, purpose, to, address(request))
    await rate_limits.count(rate_limits.MAILS_TO_ONE, purpose, to)


def logged_in(login: LoginToken) -> Response:
    response = Response(status_code=204)
    cookies.remember_login(response, login)
    return response
