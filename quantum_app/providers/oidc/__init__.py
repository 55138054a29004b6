"""Signing in by another identity provider: OpenID Connect Core 1.0, authorization code flow with PKCE (RFC 7636).

Whatever a provider answers, the result is Claims or a typed error.
"""

import secrets
import time
from typing import Any
from urllib.parse import quote

from authlib.integrations.httpx_client import AsyncOAuth2Client

from quantum_app.providers.oidc import web
from quantum_app.providers.oidc.claims import Claims, Request, of_person, say_whose, verify_id_token
from quantum_app.providers.oidc.web import OddAnswer, ProviderDown
from quantum_app.settings import OidcProvider

__all__ = ["Claims", "OddAnswer", "Oidc", "ProviderDown", "Request"]

_FRESH = 3600  # seconds that what a provider says of itself is good for
_REQUIRED_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Oidc:
    """One provider. redirect_uri: our callback, as registered there."""

    def __init__(self, provider: OidcProvider, redirect_uri: str) -> None:
        self._provider = provider
        self._redirect_uri = redirect_uri
        self._cached_metadata: tuple[float, dict[str, str]] = (float("-inf"), {})

    @property
    def issuer(self) -> str:
        """As ID tokens name it."""
        return self._cached_metadata[1].get("issuer", self._provider.issuer)

    async def begin(self) -> Request:
        """A new sign-in. Raises ProviderDown, OddAnswer."""
        metadata = await self._metadata()
        nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        client: Any = AsyncOAuth2Client(  # an httpx.AsyncClient, which its own types do not say
            self._provider.client_id,
            scope="openid email profile",
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
        )
        async with client:
            url, state = client.create_authorization_url(
                metadata["authorization_endpoint"], nonce=nonce, code_verifier=verifier
            )
        return Request(url, state, nonce, verifier)

    async def finish(self, *, code: str, nonce: str, verifier: str) -> Claims:
        """Who came back with this code.

        Raises ProviderDown, OddAnswer, NotAuthenticated when the answer is not for us.
        """
        metadata = await self._metadata()
        name = self._provider.name
        answer = await self._exchange(metadata["token_endpoint"], code, verifier)
        keys = await web.get(name, metadata["jwks_uri"])
        claims = verify_id_token(
            answer.get("id_token"), keys, issuer=metadata["issuer"], client_id=self._provider.client_id, nonce=nonce
        )
        about: dict[str, Any] = {}
        token = answer.get("access_token")
        if not say_whose(claims) and "userinfo_endpoint" in metadata and isinstance(token, str) and token:
            about = await web.get(name, metadata["userinfo_endpoint"], bearer=token)
            # What it says is about somebody only by this (OpenID Connect Core 1.0, 5.3.2).
            if about.get("sub") != claims["sub"]:
                raise OddAnswer(name, "its user info is about someone else")
        return of_person(metadata["issuer"], claims, about)

    async def _exchange(self, url: str, code: str, verifier: str) -> dict[str, Any]:
        """The tokens for a code (RFC 6749, 4.1.3)."""
        secret = self._provider.client_secret.get_secret_value()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        if secret:
            return await web.post(
                self._provider.name, url, form, (quote(self._provider.client_id, safe=""), quote(secret, safe=""))
            )
        return await web.post(self._provider.name, url, form | {"client_id": self._provider.client_id}, None)

    async def _metadata(self) -> dict[str, str]:
        """What the provider says of itself (OpenID Connect Discovery 1.0)."""
        at, metadata = self._cached_metadata
        if time.monotonic() - at <= _FRESH:
            return metadata
        name, issuer = self._provider.name, self._provider.issuer.rstrip("/")
        answer = await web.get(name, f"{issuer}/.well-known/openid-configuration")
        if str(answer.get("issuer", "")).rstrip("/") != issuer:
            raise OddAnswer(name, "it names another issuer")
        metadata = {"issuer": str(answer["issuer"])}
        for endpoint in (*_REQUIRED_ENDPOINTS, "userinfo_endpoint"):
            if endpoint in answer or endpoint in _REQUIRED_ENDPOINTS:
                metadata[endpoint] = web.endpoint(name, answer.get(endpoint), with_tls=issuer.startswith("https:"))
        self._cached_metadata = (time.monotonic(), metadata)
        return metadata
