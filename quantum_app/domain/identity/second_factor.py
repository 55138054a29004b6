"""The second factor: time-based codes (RFC 6238, SHA-1, six digits, 30 s) and recovery codes."""

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
from quantum_app.domain.identity.schemas import Enrolment, Identity
from quantum_app.domain.outbox import service as outbox
from quantum_app.errors import Conflict, InvalidInput
from quantum_app.kit import crypto
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.settings import settings

ISSUER = "Quantum Voice"
RECOVERY_CODES = 10
_STEP = 30  # seconds
_PURPOSE = "second factor"


async def enrol(session: AsyncSession, who: Identity) -> Enrolment:
    """A new secret, which counts once a code of it was given. The session is one of the person.

    Raises Conflict when there is a second factor already.
    """
    person = await repository.person(session, who.user_id)
    if person is None or person.second_factor:
        raise Conflict("Your second factor is on already. Turn it off first to set up another app.")
    secret = random_base32()
    await repository.set_totp(session, who.user_id, _encrypt(secret), None)
    return Enrolment(secret, str(TOTP(secret).provisioning_uri(name=who.email, issuer_name=ISSUER)))


async def confirm(session: AsyncSession, who: Identity, code: str) -> list[str]:
    """Turn it on with a first code of the app; the recovery codes, shown this once.

    The session is of account and person. Raises Conflict before `enrol`, InvalidInput for a wrong code.
    """
    person = await repository.person(session, who.user_id)
    if person is None or person.totp_secret is None or person.second_factor:
        raise Conflict("Begin the set-up anew: scan the code with your app first.")
    await repository.set_totp(session, who.user_id, person.totp_secret, now())
    if not await use_code(session, who.user_id, code):
        raise InvalidInput(
            "This is not the code that the app shows now. Check that your phone's clock is right.",
            code="wrong_code",
            field="code",
        )
    codes = await _new_recovery_codes(session, who.user_id)
    await audit.record(session, who.account_id, who.actor, "second_factor.on", "user", who.user_id)
    await _tell(session, who, on=True)
    return codes


async def turn_off(session: AsyncSession, who: Identity) -> None:
    """Take it away. Whoever asks has proven themselves anew. The session is of account and person."""
    await repository.spend_tokens(session, who.user_id, now())
    await repository.set_totp(session, who.user_id, None, None)
    await repository.replace_recovery_codes(session, who.user_id, [])
    await audit.record(session, who.account_id, who.actor, "second_factor.off", "user", who.user_id)
    await _tell(session, who, on=False)


async def renew_recovery_codes(session: AsyncSession, who: Identity) -> list[str]:
    """Ten new recovery codes; the old ones count no more. The session is of account and person. Raises Conflict."""
    person = await repository.person(session, who.user_id)
    if person is None or not person.second_factor:
        raise Conflict("Turn the second factor on first.")
    await audit.record(session, who.account_id, who.actor, "second_factor.codes_renewed", "user", who.user_id)
    return await _new_recovery_codes(session, who.user_id)


async def use_code(session: AsyncSession, user_id: UUID, code: str) -> bool:
    """Whether this is a code of the person that was not used before: of the app, or a recovery code. Spends it."""
    text = re.sub(r"[\s-]", "", code).upper()
    if re.fullmatch(r"[0-9]{6}", text):
        person = await repository.person(session, user_id)
        if person is None or person.totp_secret is None or not person.second_factor:
            return False
        step = _step(_decrypt(person.totp_secret), text)
        return step is not None and await repository.use_totp_step(session, user_id, step)
    return await repository.use_recovery_code(session, user_id, _digest(text), now())


def _step(secret: str, code: str) -> int | None:
    """The time step that the code is for: now, or one before or after, because clocks differ."""
    totp, current = TOTP(secret), int(now().timestamp()) // _STEP
    matching = [
        step for step in (current - 1, current, current + 1) if hmac.compare_digest(totp.at(step * _STEP), code)
    ]
    return matching[-1] if matching else None


def qr(uri: str) -> str:
    """The QR code of an enrolment (ISO/IEC 18004, error correction M): an SVG that brings its own colours."""
    return segno.make(uri, error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff", omitsize=True)


async def _new_recovery_codes(session: AsyncSession, user_id: UUID) -> list[str]:
    codes = [base64.b32encode(secrets.token_bytes(10)).decode() for _ in range(RECOVERY_CODES)]
    await repository.replace_recovery_codes(session, user_id, [_digest(code) for code in codes])
    return ["-".join(code[start : start + 4] for start in range(0, 16, 4)) for code in codes]


async def _tell(session: AsyncSession, who: Identity, *, on: bool) -> None:
    await outbox.send_mail(
        session,
        key=f"second_factor_changed:{new_id()}",
        to=who.email,
        template="second_factor_changed",
        data={"name": who.name, "on": on},
        user_id=who.user_id,
    )


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def _encrypt(secret: str) -> bytes:
    return crypto.encrypt(settings().signing_key, _PURPOSE, secret)


def _decrypt(data: bytes) -> str:
    return crypto.decrypt(settings().signing_key, _PURPOSE, data)
