"""Who may hold another call: the rule by which the workers' slots are shared. Pure."""

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from enum import StrEnum

from quantum_app.settings import Capacity


class Refusal(StrEnum):
    """What there is too much of. ADDRESS is about the caller's own calls, the others about everybody's."""

    SLOTS = "slots"
    ADDRESS = "address"
    CAMPAIGN = "campaign"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a call counts for."""

    address: str
    campaign: str
    account: str


def refusal(wanted: Holder, holding: Sequence[Holder], slots: int, shares: Capacity) -> Refusal | None:
    """Why this holder may not have one more call beside those that are held; None when they may."""
    if len(holding) >= slots:
        return Refusal.SLOTS
    mine, others = astuple(wanted), [astuple(holder) for holder in holding]
    for index, (what, most) in enumerate(limits(slots, shares).items()):
        if sum(holder[index] == mine[index] for holder in others) >= most:
            return what
    return None


def limits(slots: int, shares: Capacity) -> dict[Refusal, int]:
    """The most calls that one address, campaign and account may hold: at least one, but never all of several slots."""

    def most(share: float, least: int = 1) -> int:
        return max(1, min(slots - 1, max(least, math.ceil(slots * share - 1e-9))))

    return {
        Refusal.ADDRESS: most(shares.address_share, shares.per_address),
        Refusal.CAMPAIGN: most(shares.campaign_share),
        Refusal.ACCOUNT: most(shares.account_share),
    }
