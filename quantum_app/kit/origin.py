"""Where the request that is being answered comes from, for the audit log and for logs. Set at the edges."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """request_id: as in the answer's header. address, user_agent: of the browser, or empty for our own jobs."""

    request_id: str = ""
    address: str = ""
    user_agent: str = ""


origin: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039  (it is frozen)
