"""Your own login: password, email address, second factor."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from quantum_app.api import rate_limits
from quantum_app.api.auth import Email, Password, count_mail, logged_in
from quantum_app.api.endpoint import NO_CONTENT, Endpoint
from quantum_app.api.guard import allowed
from quantum_app.api.proof import Proof, proven
from quantum_app.api.schemas.auth import Me, Membership, RecoveryCodes, SecondFactorEnrollment
from quantum_app.api.schemas.problem import problems
from quantum_app.db.session import account_session, user_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import PERMISSIONS, Permission, Role
from quantum_app.domain.identity import credentials, second_factor
from quantum_app.domain.identity import service as logins
from quantum_app.domain.identity.schemas import Identity

router = APIRouter(prefix="/api", route_class=Endpoint, tags=["Your login"])

Self = Annotated[Identity, allowed(Permission.SELF)]


class NewPassword(Proof):
    new_password: Password


class NewEmail(Proof):
    email: Email


class EnrollmentCode(BaseModel):
    code: Annotated[str, Field(min_length=1, max_length=40)]


@router.get("/auth/me", summary="Retrieve yourself")
async def retrieve_me(identity: Self) -> Me:
    """Returns who you are, the account you are in, and what your role allows there."""
    async with user_session(identity.user_id) as session:
        memberships = await accounts.list_for_user(session)
    role = Role(identity.role)
    return Me(
        name=identity.name,
        email=identity.email,
        role=role,
        account=identity.account_name,
        second_factor=identity.second_factor,
        permissions=sorted(PERMISSIONS[role]),
        accounts=[Membership(id=item.account_id, name=item.name, role=Role(item.role)) for item in memberships],
    )


@router.post("/me/password", summary="Change your password", status_code=204)
async def change_password(request: Request, body: NewPassword, identity: Self) -> Response:
    """Changes your password. Your other logins end, and this browser gets a new cookie."""
    async with proven(request, identity, body) as session:
        await credentials.change_password(session, identity, body.new_password)
    return logged_in(await logins.rotate_token(identity))


@router.post("/me/email", summary="Change your email address", status_code=202, response_class=Response)
async def change_email(request: Request, body: NewEmail, identity: Self) -> Response:
    """Sends a mail to the new address. The change takes effect when its link is opened."""
    await rate_limits.count(rate_limits.MAILS_BY_EMAIL, "email", str(identity.user_id))
    await count_mail(request, "email", body.email)
    async with proven(request, identity, body) as session:
        await credentials.request_email_change(session, identity, body.email)
    return Response(status_code=202)


@router.post("/me/second-factor", summary="Enroll in two-factor authentication", responses=problems(409))
async def enroll_second_factor(request: Request, body: Proof, identity: Self) -> SecondFactorEnrollment:
    """Returns a new secret for an authenticator app. Confirm a code of it to turn the second factor on."""
    async with proven(request, identity, body) as session:
        enrollment = await second_factor.enroll(session, identity)
    return SecondFactorEnrollment(
        secret=enrollment.secret, uri=enrollment.uri, qr=second_factor.qr_code(enrollment.uri)
    )


@router.post("/me/second-factor/confirm", summary="Turn on two-factor authentication", responses=problems(409))
async def confirm_second_factor(body: EnrollmentCode, identity: Self) -> RecoveryCodes:
    """Turns the enrolled second factor on and returns recovery codes, which are shown this once."""
    await rate_limits.count(rate_limits.CODES_BY_PERSON, "enrolment", str(identity.user_id))
    async with account_session(identity.account_id, user_id=identity.user_id) as session:
        codes = await second_factor.confirm(session, identity, body.code)
    return RecoveryCodes(recovery_codes=codes)


@router.post("/me/second-factor/off", summary="Turn off two-factor authentication", **NO_CONTENT)
async def turn_off_second_factor(request: Request, body: Proof, identity: Self) -> None:
    """Turns the second factor off."""
    async with proven(request, identity, body) as session:
        await second_factor.turn_off(session, identity)


@router.post("/me/second-factor/recovery-codes", summary="Renew recovery codes", responses=problems(409))
async def renew_recovery_codes(request: Request, body: Proof, identity: Self) -> RecoveryCodes:
    """Returns ten new recovery codes. The old ones stop working."""
    async with proven(request, identity, body) as session:
        codes = await second_factor.regenerate_recovery_codes(session, identity)
    return RecoveryCodes(recovery_codes=codes)
