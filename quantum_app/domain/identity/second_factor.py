"""Two-factor authentication: time-based codes (TOTP: RFC 6238, SHA-1, six digits, 30 s) and recovery codes."""

import base64
import hashlib
import hmac
import re
import secrets
from uuid import UUID

import segno
from pyotp import random_base32
from pyotp.totp import TOTP
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.domain.audit import service as audit
from quantum_app.domain.identity import repository
from quantum_app.domain.identity.schemas import Enrollment, Identity
from quantum_app.domain.outbox import service as outbox
from quantum_app.errors import Conflict, InvalidInput
from quantum_app.kit import crypto
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.settings import settings

ISSUER = "Quantum Voice"
RECOVERY_CODES = 10
WRONG_CODE = "This code is incorrect or was already used."
_STEP = 30  # seconds
_PURPOSE = "second factor"


async def enroll(session: AsyncSession, identity: Identity) -> Enrollment:
    """Create a new secret. It takes effect once `confirm` gets a code. The session must be of the user.

    Raises Conflict if two-factor authentication is already on.
    """
    person = await repository.person(session, identity.user_id)
    if person is None or person.second_factor:
        raise Conflict("Two-factor authentication is already on. Turn it off first to set up another app.")
    secret = random_base32()
    await repository.set_totp(session, identity.user_id, _encrypt(secret), None)
    return Enrollment(secret, str(TOTP(secret).provisioning_uri(name=identity.email, issuer_name=ISSUER)))


async def confirm(session: AsyncSession, identity: Identity, code: str) -> list[str]:
    """Turn two-factor authentication on with a first code. Returns the recovery codes, which can't be shown again.

    The session must be of account and user. Raises Conflict before `enrol`, InvalidInput for a wrong code.
    """
    person = await repository.person(session, identity.user_id)
    if person is None or person.totp_secret is None or person.second_factor:
        raise Conflict("Start over: scan the QR code with your app first.")
    await repository.set_totp(session, identity.user_id, person.totp_secret, now())
    if not await use_code(session, identity.user_id, code):
        raise InvalidInput(
            "This code doesn't match. Check that your phone's clock is set automatically, then try again.",
            code="wrong_code",
            field="code",
        )
    codes = await _new_recovery_codes(session, identity.user_id)
    await audit.record(session, identity.account_id, identity.actor, "second_factor.on", "user", identity.user_id)
    await _notify(session, identity, on=True)
    return codes


async def turn_off(session: AsyncSession, identity: Identity) -> None:
    """Turn two-factor authentication off. The caller reauthenticates first. The session must be of account and user."""
    await repository.spend_tokens(session, identity.user_id, now())
    await repository.set_totp(session, identity.user_id, None, None)
    await repository.replace_recovery_codes(session, identity.user_id, [])
    await audit.record(session, identity.account_id, identity.actor, "second_factor.off", "user", identity.user_id)
    await _notify(session, identity, on=False)


async def regenerate_recovery_codes(session: AsyncSession, identity: Identity) -> list[str]:
    """Replace the recovery codes. The session must be of account and user. Raises Conflict if two-factor is off."""
    person = await repository.person(session, identity.user_id)
    if person is None or not person.second_factor:
        raise Conflict("Turn two-factor authentication on first.")
    await audit.record(
        session, identity.account_id, identity.actor, "second_factor.codes_renewed", "user", identity.user_id
    )
    return await _new_recovery_codes(session, identity.user_id)


async def use_code(session: AsyncSession, user_id: UUID, code: str) -> bool:
    """Use up an app code or a recovery code. Returns whether it was valid and unused."""
    text = re.sub(r"[\s-]", "", code).upper()
    if re.fullmatch(r"[0-9]{6}", text):
        person = await repository.person(session, user_id)
        if person is None or person.totp_secret is None or not person.second_factor:
            return False
        step = _step(_decrypt(person.totp_secret), text)
        return step is not None and await repository.use_totp_step(session, user_id, step)
    return await repository.use_recovery_code(session, user_id, _digest(text), now())


def _step(secret: str, code: str) -> int | None:
    """The time step of the code: the current one or a neighbor, because clocks differ. None if it matches none."""
    totp, current = TOTP(secret), int(now().timestamp()) // _STEP
    matching = [
        step for step in (current - 1, current, current + 1) if hmac.compare_digest(totp.at(step * _STEP), code)
    ]
    return matching[-1] if matching else None


def qr_code(uri: str) -> str:
    """The URI as a QR code (ISO/IEC 18004, error correction M) in an SVG with its own colors."""
    return segno.make(uri, error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff", omitsize=True)


async def _new_recovery_codes(session: AsyncSession, user_id: UUID) -> list[str]:
    codes = [base64.b32encode(secrets.token_bytes(10)).decode() for _ in range(RECOVERY_CODES)]
    await repository.replace_recovery_codes(session, user_id, [_digest(code) for code in codes])
    return ["-".join(code[start : start + 4] for start in range(0, 16, 4)) for code in codes]


async def _notify(session: AsyncSession, identity: Identity, *, on: bool) -> None:
    await outbox.send_email(
        session,
        key=f"second_factor_changed:{new_id()}",
        to=identity.email,
        template="second_factor_changed",
        data={"name": identity.name, "on": on},
        user_id=identity.user_id,
    )


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def _encrypt(secret: str) -> bytes:
    return crypto.encrypt(settings().signing_key, _PURPOSE, secret)


def _decrypt(data: bytes) -> str:
    return crypto.decrypt(settings().signing_key, _PURPOSE, data)
