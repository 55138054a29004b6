"""How the workers' call slots are shared among addresses, campaigns and accounts. No I/O."""

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from enum import StrEnum

from quantum_app.settings import Capacity


class Refusal(StrEnum):
    """Which limit a call would exceed. ADDRESS concerns the caller's own calls, the others everybody's."""

    SLOTS = "slots"
    ADDRESS = "address"
    CAMPAIGN = "campaign"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose limits a call counts toward."""

    address: str
    campaign: str
    account: str


def refusal(caller: Holder, active: Sequence[Holder], slots: int, shares: Capacity) -> Refusal | None:
    """The limit that one more call would exceed, or None if there is room.

    active: Holders of the calls in progress, one per call.
    slots: Calls that all workers can take at once.
    """
    if len(active) >= slots:
        return Refusal.SLOTS
    caller_keys, active_keys = astuple(caller), [astuple(holder) for holder in active]
    for index, (reason, limit) in enumerate(limits(slots, shares).items()):
        if sum(holder[index] == caller_keys[index] for holder in active_keys) >= limit:
            return reason
    return None


def limits(slots: int, shares: Capacity) -> dict[Refusal, int]:
    """Most calls one address, campaign or account may hold: at least one, but never all of several slots."""

    def most(share: float, least: int = 1) -> int:
        return max(1, min(slots - 1, max(least, math.ceil(slots * share - 1e-9))))

    return {
        Refusal.ADDRESS: most(shares.address_share, shares.per_address),
        Refusal.CAMPAIGN: most(shares.campaign_share),
        Refusal.ACCOUNT: most(shares.account_share),
    }
