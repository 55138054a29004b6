"""How many calls are in progress, beside Calls in the navigation of every page."""

import reflex as rx

from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import LiveEventType
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import QuantumError
from quantum_app.web import guard, live

_CHANGES = {LiveEventType.CALL_STARTED, LiveEventType.CALL_ENDED}


class ActiveCallsState(rx.State):
    """count: Calls of callers, without tests. 0 for who may not see calls."""

    count: int = 0

    async def _live(self, messages: list[live.Message]) -> None:
        """Count again when a call starts or ends."""
        identity = await guard.allowed(self, Permission.CALLS_READ)
        if identity is not None and any(message["type"] in _CHANGES for message in messages):
            await self._read(identity)

    async def _read(self, identity: Identity) -> None:
        try:
            async with account_session(identity.account_id) as session:
                self.count = await calls.count_active(session)
        except QuantumError:
            self.count = 0  # the page itself says that the database is down


@guard.loads_frame
async def _load(state: rx.State, identity: Identity) -> None:
    """Show the count, and keep it live."""
    active_calls = await state.get_state(ActiveCallsState)
    if not identity.may(Permission.CALLS_READ) or identity.lacks_second_factor:
        active_calls.count = 0
        return
    live.watch(active_calls, identity.account_id, part="frame")
    await active_calls._read(identity)
