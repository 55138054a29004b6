"""Who one is: signing up, logging in and out, second factor, new password.

Secrets and cookies go this way and never through a page's state.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.api import cookies, limits
from quantum_app.api.client import address
from quantum_app.api.guard import allowed, in_browser
from quantum_app.api.problems import Endpoint
from quantum_app.db.session import account_session, user_session
from quantum_app.domain.accounts import members
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import PERMISSIONS, Permission, Role
from quantum_app.domain.identity import credentials, passwords, second_factor, signup
from quantum_app.domain.identity import service as identity
from quantum_app.domain.identity.schemas import Challenge, Identity, LoginToken
from quantum_app.errors import InvalidInput, NotAuthenticated, NotFound, TooManyRequests
from quantum_app.kit import ids
from quantum_app.kit.email import normalize_email

# Seconds that an answer takes which may not tell whether a mail was written: longer than to write one.
_AS_LONG = 0.1
# The same for one that may not tell whether the password was right when the code was wrong.
_AS_LONG_AS_BOTH = 0.5

router = APIRouter(prefix="/api", route_class=Endpoint)

Email = Annotated[str, Field(max_length=320), AfterValidator(normalize_email)]
Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(str.strip)]
Password = Annotated[str, Field(min_length=1, max_length=passwords.LONGEST)]
Token = Annotated[str, Field(min_length=1, max_length=200)]
Code = Annotated[str, Field(max_length=40)]
Self = Annotated[Identity, allowed(Permission.SELF)]


class SignUp(BaseModel):
    account: Name
    name: Name
    email: Email
    password: Password


class Credentials(BaseModel):
    """Any text is taken as an address here: an odd one is simply not known."""

    email: str = Field(max_length=320)
    password: str = Field(max_length=passwords.LONGEST)


class CredentialsWithCode(Credentials):
    """code: of the second factor, for those who have one."""

    code: Code = ""


class Verification(BaseModel):
    """password: the one that was chosen, when another browser signed up."""

    token: Token
    password: str = Field("", max_length=passwords.LONGEST)


class Answer(BaseModel):
    challenge: Token
    code: Annotated[str, Field(min_length=1, max_length=40)]


class Forgotten(BaseModel):
    email: Email


class Reset(BaseModel):
    token: Token
    password: Password


class OneToken(BaseModel):
    token: Token


class Newcomer(BaseModel):
    """name and password: for somebody who has no login yet."""

    token: Token
    name: Annotated[str, Field(max_length=100), AfterValidator(str.strip)] = ""
    password: str = Field("", max_length=passwords.LONGEST)


class Proof(BaseModel):
    """The present password, and a code where there is a second factor."""

    password: str = Field("", max_length=passwords.LONGEST)
    code: Code = ""


class NewPassword(Proof):
    new_password: Password


class NewEmail(Proof):
    email: Email


class FirstCode(BaseModel):
    code: Annotated[str, Field(min_length=1, max_length=40)]


class Switch(BaseModel):
    account: str = Field(max_length=40)


@router.post("/auth/signup", status_code=202)
async def sign_up(request: Request, given: SignUp) -> Response:
    """A mail goes to the address. The answer is the same for every address, known or not."""
    await limits.count(limits.MAILS_BY_ADDRESS, "signup", address(request))
    await count_mail(request, "signup", given.email)
    kept = await signup.sign_up(account=given.account, name=given.name, email=given.email, password=given.password)
    response = Response(status_code=202)
    cookies.remember_signup(response, kept, given.email)
    return response


@router.post("/auth/signup/resend", status_code=202)
async def send_again(request: Request) -> Response:
    """The link once more, for the browser that signed up. The answer is the same for every address, known or not."""
    await limits.count(limits.MAILS_BY_ADDRESS, "signup", address(request))
    kept, email = cookies.signup(request)
    if email:
        await count_mail(request, "signup", email)
    await asyncio.gather(signup.send_again(kept), asyncio.sleep(_AS_LONG))
    return Response(status_code=202)


@router.post("/auth/verify", status_code=204)
async def verify(request: Request, given: Verification) -> Response:
    """Opens the account that the link is for, and logs its owner in."""
    await limits.count(limits.TOKENS_BY_ADDRESS, "verify", address(request))
    user_id, email = await signup.verify(given.token, kept=cookies.signup(request)[0], password=given.password)
    response = _logged_in(await identity.begin(user_id, method="sign-up"))
    cookies.know_device(request, response, email)
    return response


@router.post("/auth/login")
async def login(request: Request, given: CredentialsWithCode) -> Response:
    """204 and the cookie; or 200 `{second_factor: true, challenge}`, to be answered within five minutes.

    With a code, password and code are judged together, also while guesses of others make everybody wait.
    """
    email = given.email.strip().lower()
    if given.code:
        response = _logged_in(await _with_both_factors(request, given, email))
        cookies.know_device(request, response, email)
        return response
    async with limits.guessing("login", email, address(request), cookies.device(request, email)):
        made = await identity.login(given.email, given.password)
    if isinstance(made, Challenge):
        asked = JSONResponse({"second_factor": True, "challenge": made.token})
        cookies.know_device(request, asked, email)
        return asked
    response = _logged_in(made)
    cookies.know_device(request, response, email)
    return response


async def _with_both_factors(request: Request, given: CredentialsWithCode, email: str) -> LoginToken:
    """The login for a right password with a right code.

    Which of the two was wrong is not told, not even by how long the answer takes: a pause for guesses of a password
    would not stop them here. Codes have a pause of their own, which only tries with the right password can cause.
    Raises NotAuthenticated, TooManyRequests.
    """
    began, device = time.monotonic(), cookies.device(request, email)
    async with limits.guessing("login", email, address(request), device, both_factors=True):
        try:
            user_id = await identity.check_password(given.email, given.password)
            challenge = await identity.challenge_for(user_id)
            if challenge is None:
                raise NotAuthenticated("There is no second factor.")
            person = str(user_id)
            async with limits.guessing("second-factor", person, address(request), cookies.device(request, person)):
                return await identity.answer(challenge.token, given.code)
        except (NotAuthenticated, TooManyRequests):
            await asyncio.sleep(max(0.0, began + _AS_LONG_AS_BOTH - time.monotonic()))
            raise NotAuthenticated("Incorrect email, password, or code.", code="wrong_credentials") from None


@router.post("/auth/second-factor", status_code=204)
async def answer(request: Request, given: Answer) -> Response:
    """The cookie, for a code of the app or a recovery code."""
    await limits.count(limits.TOKENS_BY_ADDRESS, "second-factor", address(request))
    user_id = await identity.challenged(given.challenge)
    person = str(user_id)
    async with limits.guessing("second-factor", person, address(request), cookies.device(request, person)):
        made = await identity.answer(given.challenge, given.code)
    response = _logged_in(made)
    cookies.know_device(request, response, person)
    return response


@router.post("/auth/logout", status_code=204)
async def logout(request: Request) -> Response:
    """The login is forgotten here and in the browser."""
    token = cookies.login(request)
    if token:
        await identity.logout(token)
    response = Response(status_code=204)
    cookies.forget_login(response)
    return response


@router.post("/auth/forgot", status_code=202)
async def forgot(request: Request, given: Forgotten) -> Response:
    """A mail goes to the address, if somebody has it. The answer is the same."""
    await limits.count(limits.MAILS_BY_ADDRESS, "forgot", address(request))
    await count_mail(request, "forgot", given.email)
    await asyncio.gather(credentials.forgot(given.email), asyncio.sleep(_AS_LONG))
    return Response(status_code=202)


@router.post("/auth/reset", status_code=204)
async def reset(request: Request, given: Reset) -> Response:
    """A new password, by the link. Every login ends; whoever was locked out may try again."""
    await limits.count(limits.TOKENS_BY_ADDRESS, "reset", address(request))
    email = await credentials.reset(given.token, given.password)
    await limits.forget_guesses("login", email)
    response = Response(status_code=204)
    cookies.know_device(request, response, email)
    cookies.forget_login(response)
    return response


@router.post("/auth/confirm-email", status_code=204)
async def confirm_email(request: Request, given: OneToken) -> Response:
    """The new address counts from now on."""
    await limits.count(limits.TOKENS_BY_ADDRESS, "email", address(request))
    await credentials.change_email(given.token)
    return Response(status_code=204)


@router.post("/auth/invitation")
async def show_invitation(request: Request, given: OneToken) -> JSONResponse:
    """Who invites whom into what. known: whether the invited address has a login."""
    await limits.count(limits.TOKENS_BY_ADDRESS, "invitation", address(request))
    found = await members.open_invitation(given.token)
    who = await in_browser(request)
    return JSONResponse(
        {
            "account": found.account_name,
            "email": found.email,
            "role": found.role,
            "invited_by": found.invited_by,
            "known": await signup.has_login(found.email),
            "logged_in_as": who.email if who else "",
        }
    )


@router.post("/auth/invitation/join", status_code=204)
async def join(request: Request, given: Newcomer) -> Response:
    """Become a user by the invitation, and log in."""
    await limits.count(limits.TOKENS_BY_ADDRESS, "invitation", address(request))
    if not given.name:
        raise InvalidInput("Write your name.", field="name")
    user_id, email = await signup.accept_as_newcomer(given.token, name=given.name, password=given.password)
    response = _logged_in(await identity.begin(user_id, method="invitation"))
    cookies.know_device(request, response, email)
    return response


@router.post("/auth/invitation/accept", status_code=204)
async def accept(given: OneToken, who: Self) -> Response:
    """Join with the login one has, and go to that account."""
    account_id = await signup.accept(who, given.token)
    return _logged_in(await identity.switch(who, account_id))


@router.get("/auth/me")
async def me(who: Self) -> JSONResponse:
    """The person, the account, and what the role allows."""
    async with user_session(who.user_id) as session:
        places = await accounts.of_person(session)
    return JSONResponse(
        {
            "name": who.name,
            "email": who.email,
            "role": who.role,
            "account": who.account_name,
            "second_factor": who.second_factor,
            "permissions": sorted(PERMISSIONS[Role(who.role)]),
            "accounts": [
                {"id": ids.encode("acc", place.account_id), "name": place.name, "role": place.role} for place in places
            ],
        }
    )


@router.post("/auth/switch", status_code=204)
async def switch(given: Switch, who: Self) -> Response:
    """Go to another account one belongs to; the cookie changes."""
    account_id = ids.decode("acc", given.account)
    if account_id is None:
        raise NotFound("You do not belong to this account.")
    return _logged_in(await identity.switch(who, account_id))


@router.post("/me/password", status_code=204)
async def change_password(request: Request, given: NewPassword, who: Self) -> Response:
    """Another password; one's other logins end, and this browser gets a new token."""
    async with proven(request, who, given) as session:
        await credentials.change_password(session, who, given.new_password)
    return _logged_in(await identity.renew(who))


@router.post("/me/email", status_code=202)
async def ask_for_email(request: Request, given: NewEmail, who: Self) -> Response:
    """A mail goes to the new address, which counts once its link is opened."""
    await limits.count(limits.MAILS_BY_EMAIL, "email", str(who.user_id))
    await count_mail(request, "email", given.email)
    async with proven(request, who, given) as session:
        await credentials.ask_for_email(session, who, given.email)
    return Response(status_code=202)


@router.post("/me/second-factor")
async def enrol(request: Request, given: Proof, who: Self) -> JSONResponse:
    """A new secret, as text and as a QR code (SVG); it counts once `confirm` was asked with a code of it."""
    async with proven(request, who, given) as session:
        made = await second_factor.enrol(session, who)
    return JSONResponse({"secret": made.secret, "uri": made.uri, "qr": second_factor.qr(made.uri)})


@router.post("/me/second-factor/confirm")
async def confirm(given: FirstCode, who: Self) -> JSONResponse:
    """Turns it on. The recovery codes are shown this once."""
    await limits.count(limits.CODES_BY_PERSON, "enrolment", str(who.user_id))
    async with account_session(who.account_id, user_id=who.user_id) as session:
        codes = await second_factor.confirm(session, who, given.code)
    return JSONResponse({"recovery_codes": codes})


@router.post("/me/second-factor/off", status_code=204)
async def turn_off(request: Request, given: Proof, who: Self) -> Response:
    """Without a second factor from now on."""
    async with proven(request, who, given) as session:
        await second_factor.turn_off(session, who)
    return Response(status_code=204)


@router.post("/me/second-factor/recovery-codes")
async def renew_recovery_codes(request: Request, given: Proof, who: Self) -> JSONResponse:
    """Ten new codes; the old ones count no more."""
    async with proven(request, who, given) as session:
        codes = await second_factor.renew_recovery_codes(session, who)
    return JSONResponse({"recovery_codes": codes})


@asynccontextmanager
async def proven(request: Request, who: Identity, given: Proof) -> AsyncIterator[AsyncSession]:
    """A session of account and person, for somebody who has just proven again who they are.

    Raises InvalidInput at the field that is wrong, TooManyRequests.
    """
    async with account_session(who.account_id, user_id=who.user_id) as session:
        try:
            async with limits.guessing("proof", str(who.user_id), address(request), ""):
                await credentials.prove(session, who, given.password, given.code)
        except NotAuthenticated as error:
            field = "code" if error.code == "wrong_code" else "password"
            raise InvalidInput(error.message, code=error.code, field=field) from None
        yield session


async def count_mail(request: Request, what: str, to: str) -> None:
    """One more mail to somebody: few from one address, more from everywhere, so that nobody uses up another's."""
    await limits.count(limits.MAILS_BY_EMAIL, what, to, address(request))
    await limits.count(limits.MAILS_TO_ONE, what, to)


def _logged_in(made: LoginToken) -> Response:
    response = Response(status_code=204)
    cookies.remember_login(response, made)
    return response
