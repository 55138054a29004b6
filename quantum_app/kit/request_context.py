"""Facts about the current request for the audit log and the logs. The API and the web app set them."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The request that is being handled. Everything is empty in jobs, which no request started."""

    request_id: str = ""
    """As in the X-Request-ID response header."""
    address: str = ""
    """IP address of the client."""
    user_agent: str = ""


request_context: ContextVar[RequestContext] = ContextVar("origin", default=RequestContext())  # noqa: B039  (it is frozen)
