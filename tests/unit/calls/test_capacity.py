"""How slots are shared: nobody takes all of them, everybody gets one."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantum_app.domain.calls.capacity import Holder, Refusal, limits, refusal
from quantum_app.settings import Capacity

pytestmark = pytest.mark.unit

SHARES = Capacity()


@pytest.mark.parametrize(
    ("slots", "most"), [(1, (1, 1, 1)), (2, (1, 1, 1)), (4, (2, 3, 3)), (8, (2, 5, 6)), (64, (16, 39, 48))]
)
def test_limits_by_default(slots: int, most: tuple[int, int, int]) -> None:
    assert tuple(limits(slots, SHARES).values()) == most


holders = st.builds(Holder, st.sampled_from("abcd"), st.sampled_from("pqr"), st.sampled_from("xy"))
shares = st.builds(
    Capacity,
    per_address=st.integers(1, 20),
    address_share=st.floats(0.01, 1),
    campaign_share=st.floats(0.01, 1),
    account_share=st.floats(0.01, 1),
)


@given(st.lists(holders, max_size=40), st.integers(0, 12), shares)
def test_nobody_ever_holds_the_last_slot_on_top_of_all_others(
    asking: list[Holder], slots: int, shares: Capacity
) -> None:
    present_holders: list[Holder] = []
    for one in asking:
        if refusal(one, present_holders, slots, shares) is None:
            present_holders.append(one)
    assert len(present_holders) <= slots
    if slots >= 2:
        for of in (lambda one: one.address, lambda one: one.campaign, lambda one: one.account):
            assert max(Counter(map(of, present_holders)).values(), default=0) < slots


@given(st.lists(holders, max_size=40), st.integers(1, 12), shares)
def test_whoever_holds_nothing_gets_a_free_slot(asking: list[Holder], slots: int, shares: Capacity) -> None:
    present_holders: list[Holder] = []
    for one in asking:
        if refusal(one, present_holders, slots, shares) is None:
            present_holders.append(one)
    newcomer = Holder("new", "new", "new")
    assert refusal(newcomer, present_holders, slots, shares) == (
        Refusal.SLOTS if len(present_holders) == slots else None
    )
