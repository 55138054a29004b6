import pytest

from tests.tiers import tier_of

pytestmark = pytest.mark.unit


def test_a_module_without_a_tier_is_refused(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tier_of(request.node) == "unit"
    module = request.node.getparent(pytest.Module)
    monkeypatch.setattr(module, "own_markers", [])
    with pytest.raises(pytest.UsageError, match=r"test_tiers\.py declares no tiers .*pytestmark"):
        tier_of(request.node)


def test_a_module_with_two_tiers_is_refused(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    module = request.node.getparent(pytest.Module)
    monkeypatch.setattr(module, "own_markers", [pytest.mark.unit.mark, pytest.mark.call.mark])
    with pytest.raises(pytest.UsageError, match="declares 2 tiers"):
        tier_of(request.node)


def test_a_test_with_a_tier_of_its_own_is_refused(request: pytest.FixtureRequest) -> None:
    request.node.add_marker(pytest.mark.browser)
    with pytest.raises(pytest.UsageError, match="a tier of its own"):
        tier_of(request.node)
