"""What an ID token and the user information say of somebody, once they are checked and cleaned."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet

from quantum_app.errors import NotAuthenticated
from quantum_app.kit.email import normalize_email
from quantum_app.kit.log import logger

LONGEST_SUBJECT = 255
LONGEST_NAME = 100
# Signatures by public keys only: never `none`, never a shared secret.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
_LEEWAY = 60  # seconds that clocks may differ
# Microsoft Entra leaves `email_verified` out, and its `email` is what an administrator of a tenant typed. `xms_edov`
# says that the address's domain belongs to the tenant.
_ENTRA = {"login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"}

_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """Where the browser goes, and what has to be kept until it is back."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Claims:
    """Who the provider says somebody is. email: normalized, or empty. email_verified: the provider vouches for it."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str


def verify_id_token(
    id_token: object, keys: dict[str, Any], *, issuer: str, client_id: str, nonce: str
) -> dict[str, Any]:
    """What is in the ID token, once it is checked (OpenID Connect Core 1.0, 3.1.3.7). Raises NotAuthenticated."""
    try:
        claims = jwt.decode(str(id_token), KeySet.import_key_set(keys), algorithms=_ALGORITHMS).claims  # type: ignore[arg-type]
        jwt.JWTClaimsRegistry(
            leeway=_LEEWAY,
            iss={"essential": True, "value": issuer},
            sub={"essential": True},
            aud={"essential": True, "value": client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(claims)
    except Exception as error:
        # Keys and token are bytes from outside: whatever the library makes of them, they are no proof.
        _log.warning("ID token refused", error=type(error).__name__)
        raise refusal() from error
    subject = claims["sub"]
    is_usable = isinstance(subject, str) and 0 < len(subject) <= LONGEST_SUBJECT and subject.isprintable()
    if not is_usable or claims.get("azp", client_id) != client_id:
        raise refusal()
    return claims


def say_whose(claims: dict[str, Any]) -> bool:
    """Whether the ID token alone tells name, address, and if the address is verified."""
    return {"email", "name"} <= claims.keys() and bool({"email_verified", "xms_edov"} & claims.keys())


def of_person(issuer: str, claims: dict[str, Any], about: dict[str, Any]) -> Claims:
    """Checked claims and the user information, if any; an address and whether it is verified come from one of them."""
    source = claims if "email" in claims and (vouched(issuer, claims) or "email" not in about) else about
    email = _address(source.get("email"))
    name = _line(claims.get("name")) or _line(about.get("name"))
    return Claims(issuer, claims["sub"], email, bool(email) and vouched(issuer, source), name)


def vouched(issuer: str, claims: dict[str, Any]) -> bool:
    """Whether the provider says that the address is this person's. Only a plain true counts."""
    if "email_verified" in claims or urlsplit(issuer).hostname not in _ENTRA:
        return claims.get("email_verified") is True
    edov = claims.get("xms_edov")
    return edov is True or (type(edov), edov) in [(int, 1), (str, "1"), (str, "true")]


def _address(text: object) -> str:
    """The address in our form; empty for anything else."""
    if not isinstance(text, str) or not text.isprintable():
        return ""
    try:
        return normalize_email(text)
    except ValueError:
        return ""


def _line(text: object) -> str:
    """One short line of what can be shown."""
    if not isinstance(text, str):
        return ""
    return "".join(char for char in " ".join(text.split()) if char.isprintable())[:LONGEST_NAME].strip()


def refusal() -> NotAuthenticated:
    """The answer is not for this sign-in."""
    return NotAuthenticated("The provider's response isn't for this login. Start over.", code="oidc_refused")
