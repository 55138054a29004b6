"""The errors that the product raises on purpose.

QuantumError
├── InvalidInput          400  the input can't be used
│   ├── AddressRefused          a web address that nothing is sent to
│   └── ResponseRefused         a website's response can't be used
├── NotAuthenticated      401  no login, or an invalid token
├── NotAllowed            403  authenticated, but without permission
├── QuotaExceeded         403  the account has reached a quota
├── NotFound              404  doesn't exist, or isn't visible to this account
│   ├── CampaignNotFound
│   └── CallNotFound
├── Conflict              409  not possible in the current state
├── ConsentRequired       422  a call needs consent to the current consent text
├── TooManyRequests       429  a rate limit was reached; has retry_after (seconds)
├── Busy                  503  no call slot is free; has retry_after (seconds)
└── DependencyUnavailable 503  a component failed; names it
    └── SiteUnavailable         a website doesn't respond
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class Component(StrEnum):
    """The components of the voice path, as named in logs, health checks and `make doctor`."""

    LIVEKIT = "LIVEKIT"
    DISPATCH = "DISPATCH"
    STT = "STT"
    LLM = "LLM"
    RAG = "RAG"
    TTS = "TTS"
    DB = "DB"
    REDIS = "REDIS"
    WEB = "WEB"
    OUTBOUND = "OUTBOUND"
    """Requests to websites and services that customers name."""
    STORAGE = "STORAGE"


class QuantumError(Exception):
    """Base class. `message` is for a person and says what to do."""

    code = "error"
    """Stable identifier for programs."""
    status = 500
    """HTTP status."""
    retryable = False
    """Whether the same request may succeed later."""
    details: Mapping[str, Any] = {}
    """Additional JSON values for programs, sent with the error."""

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the constructor, because subclasses have constructors of their own."""
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[QuantumError], args: tuple[Any, ...], state: dict[str, Any]) -> QuantumError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class InvalidInput(QuantumError):
    """field: The form field that the message is about, if it is about one."""

    code = "invalid_input"
    status = 400

    def __init__(self, message: str, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(message, code=code)
        self.field = field


class AddressRefused(InvalidInput):
    """Nothing is sent to this web address: it isn't one, or it doesn't lead to the public internet."""

    code = "address_refused"
    component = Component.OUTBOUND


class ResponseRefused(InvalidInput):
    """A website responded with what can't be used: too much, another type, or a redirect that isn't followed."""

    code = "response_refused"
    component = Component.OUTBOUND


class NotAuthenticated(QuantumError):
    code = "not_authenticated"
    status = 401


class NotAllowed(QuantumError):
    code = "not_allowed"
    status = 403


class QuotaExceeded(QuantumError):
    code = "quota_exceeded"
    status = 403


class NotFound(QuantumError):
    code = "not_found"
    status = 404


class CampaignNotFound(NotFound):
    code = "campaign_not_found"

    def __init__(self) -> None:
        super().__init__("Campaign not found.")


class CallNotFound(NotFound):
    code = "call_not_found"

    def __init__(self) -> None:
        super().__init__("Call not found.")


class Conflict(QuantumError):
    code = "conflict"
    status = 409


class ConsentRequired(QuantumError):
    code = "consent_required"
    status = 422


class TooManyRequests(QuantumError):
    code = "too_many_requests"
    status = 429
    retryable = True

    def __init__(self, message: str, *, retry_after: int, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class Busy(QuantumError):
    """No assistant is free for a call. details: `callback` says whether the caller can request a callback."""

    code = "busy"
    status = 503
    retryable = True
    details = MappingProxyType({"callback": False})

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DependencyUnavailable(QuantumError):
    code = "dependency_unavailable"
    status = 503
    retryable = True

    def __init__(self, component: Component, message: str) -> None:
        super().__init__(message)
        self.component = component


class SiteUnavailable(DependencyUnavailable):
    """A website that a customer named has no address, doesn't respond in time, or breaks off."""

    code = "site_unavailable"

    def __init__(self, message: str) -> None:
        super().__init__(Component.OUTBOUND, message)
