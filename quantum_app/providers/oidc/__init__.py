"""Signing in by another identity provider: OpenID Connect Core 1.0, authorization code flow with PKCE (RFC 7636)."""

import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from quantum_app.errors import NotAuthenticated, QuantumError
from quantum_app.settings import OidcProvider

TIMEOUT = 10.0  # seconds for each request to the provider
_FRESH = 3600  # seconds that what a provider says of itself is good for
# Signatures by public keys only: never `none`, never a shared secret.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
_LEEWAY = 60  # seconds that clocks may differ

# Never to anywhere else than the provider: no proxy of the environment, no redirects.
_HTTP: dict[str, Any] = {"timeout": TIMEOUT, "follow_redirects": False, "trust_env": False}


class ProviderDown(QuantumError):
    """The identity provider does not answer, or not as the protocol says."""

    code = "provider_down"
    status = 502
    retryable = True


@dataclass(frozen=True, slots=True)
class Request:
    """Where the browser goes, and what has to be kept until it is back."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Claims:
    """Who the provider says somebody is."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str


class Oidc:
    """One provider. redirect_uri: our callback, as registered there."""

    def __init__(self, provider: OidcProvider, redirect_uri: str) -> None:
        self._provider = provider
        self._redirect_uri = redirect_uri
        self._known: tuple[float, dict[str, Any]] = (float("-inf"), {})

    @property
    def issuer(self) -> str:
        """As ID tokens name it. Raises ProviderDown before it was asked."""
        return str(self._known[1].get("issuer", self._provider.issuer))

    async def begin(self) -> Request:
        """A new sign-in. Raises ProviderDown."""
        metadata = await self._metadata()
        nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        async with self._client() as client:
            url, state = client.create_authorization_url(
                metadata["authorization_endpoint"], nonce=nonce, code_verifier=verifier
            )
        return Request(url, state, nonce, verifier)

    async def finish(self, *, code: str, nonce: str, verifier: str) -> Claims:
        """Who came back with this code. Raises ProviderDown, NotAuthenticated when the answer is not for us."""
        metadata = await self._metadata()
        try:
            async with self._client() as client:
                answer = await client.fetch_token(
                    metadata["token_endpoint"], code=code, code_verifier=verifier, grant_type="authorization_code"
                )
            keys = KeySet.import_key_set(await self._get(metadata["jwks_uri"]))  # type: ignore[arg-type]
        except AuthlibBaseError as error:
            raise _refused() from error
        except httpx.HTTPError as error:
            raise self._down(error) from error
        return self._claims(answer.get("id_token", ""), keys, nonce, metadata["issuer"])

    def _claims(self, id_token: str, keys: KeySet, nonce: str, issuer: str) -> Claims:
        """What is in the ID token, once it is checked (OpenID Connect Core 1.0, 3.1.3.7)."""
        try:
            claims = jwt.decode(id_token, keys, algorithms=_ALGORITHMS).claims
            jwt.JWTClaimsRegistry(
                leeway=_LEEWAY,
                iss={"essential": True, "value": issuer},
                sub={"essential": True},
                aud={"essential": True, "value": self._provider.client_id},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(claims)
        except (JoseError, ValueError) as error:
            raise _refused() from error
        if claims.get("azp", self._provider.client_id) != self._provider.client_id:
            raise _refused()
        return Claims(
            issuer,
            str(claims["sub"]),
            str(claims.get("email", "")).strip().lower(),
            claims.get("email_verified") is True,
            str(claims.get("name", "")).strip()[:100],
        )

    async def _metadata(self) -> dict[str, Any]:
        """What the provider says of itself (OpenID Connect Discovery 1.0)."""
        at, known = self._known
        if time.monotonic() - at > _FRESH:
            issuer = self._provider.issuer.rstrip("/")
            try:
                known = await self._get(f"{issuer}/.well-known/openid-configuration")
            except (httpx.HTTPError, ValueError) as error:
                raise self._down(error) from error
            if str(known.get("issuer", "")).rstrip("/") != issuer:
                raise self._down(ValueError("it names another issuer"))
            if urlsplit(issuer).scheme == "https" and any(
                urlsplit(str(known.get(name, ""))).scheme != "https"
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
            ):
                raise self._down(ValueError("it names an endpoint without TLS"))
            self._known = (time.monotonic(), known)
        return known

    async def _get(self, url: str) -> dict[str, Any]:
        async with httpx.AsyncClient(**_HTTP) as client:
            answer = await client.get(url)
            answer.raise_for_status()
            return answer.json()

    def _client(self) -> Any:  # an httpx.AsyncClient, which its own types do not say
        return AsyncOAuth2Client(
            self._provider.client_id,
            self._provider.client_secret.get_secret_value(),
            scope="openid email profile",
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            **_HTTP,
        )

    def _down(self, error: Exception) -> ProviderDown:
        return ProviderDown(
            f"{self._provider.name} cannot be reached just now ({type(error).__name__}). "
            "Log in another way, or try again."
        )


def _refused() -> NotAuthenticated:
    return NotAuthenticated("The provider's answer is not for this sign-in. Please begin again.", code="oidc_refused")
