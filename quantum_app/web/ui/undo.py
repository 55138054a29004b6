"""The offer to undo a deletion, or the archiving of a campaign. Unlike a toast, it stays when another page opens."""

from time import monotonic

import reflex as rx

_SHOWN_FOR = 30  # seconds, as in assets/styles/forms.css


class Undo(rx.State):
    """What was just deleted or archived.

    text: Empty if there is nothing to undo.
    kind: `campaign`, `call`, or `archive` of a campaign.
    item: Its public ID.
    count: Offers so far, so that each is shown for its full time.
    """

    text: str = ""
    kind: str = ""
    item: str = ""
    count: int = 0
    _shown_at: float = 0.0

    @rx.event
    async def close(self):
        self.text = ""


async def offer_undo(state: rx.State, kind: str, item: str, text: str) -> None:
    """Offer to undo what was just done to the item."""
    undo = await state.get_state(Undo)
    undo.text, undo.kind, undo.item, undo.count, undo._shown_at = text, kind, item, undo.count + 1, monotonic()


async def withdraw_undo(state: rx.State, item: str) -> None:
    """Don't offer to undo what was undone elsewhere."""
    undo = await state.get_state(Undo)
    if undo.item == item:
        undo.text = ""


async def clear_expired(state: rx.State) -> None:
    """Don't show an old offer again on the next page."""
    undo = await state.get_state(Undo)
    if undo.text and monotonic() - undo._shown_at > _SHOWN_FOR:
        undo.text = ""
