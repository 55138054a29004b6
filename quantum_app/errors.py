"""Every error the product raises on purpose.

QuantumError
├── InvalidInput          400  the caller sent something that cannot be used
├── NotAuthenticated      401  nobody is logged in, or the token is not ours
├── NotAllowed            403  known, but may not do this
├── QuotaExceeded         403  the account has as much of something as it may have
├── NotFound              404  no such thing, or not visible from here
│   ├── CampaignNotFound
│   └── CallNotFound
├── Conflict              409  the thing is not in a state that allows this
├── ConsentRequired       422  no call starts without consent to the current wording
├── TooManyRequests       429  a limit was reached; carries retry_after (seconds)
├── Busy                  503  every line is taken; carries retry_after (seconds)
└── DependencyUnavailable 503  a part of the voice path failed; names the component
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class Component(StrEnum):
    """The parts of the voice path, as logs, health and doctor name them."""

    LIVEKIT = "LIVEKIT"
    DISPATCH = "DISPATCH"
    STT = "STT"
    LLM = "LLM"
    RAG = "RAG"
    TTS = "TTS"
    DB = "DB"
    REDIS = "REDIS"
    WEB = "WEB"


class QuantumError(Exception):
    """Base. `code` is stable for machines, `message` is for a person and says what to do.

    details: what a program needs besides, as JSON; sent with the error.
    """

    code = "error"
    status = 500
    retryable = False
    details: Mapping[str, Any] = {}

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        """For another process: kinds of errors have constructors of their own, so it is made again without them."""
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[QuantumError], args: tuple[Any, ...], state: dict[str, Any]) -> QuantumError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class InvalidInput(QuantumError):
    """`field`: where in a form the message belongs, if it is about one field."""

    code = "invalid_input"
    status = 400

    def __init__(self, message: str, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(message, code=code)
        self.field = field


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
    """No assistant is free for a call. details: `callback`, whether the caller may ask to be called back."""

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
