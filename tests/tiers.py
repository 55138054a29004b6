"""Every test module declares one tier, by `pytestmark`; docs/TESTING.md says which runs where."""

import re
from functools import cache
from pathlib import Path

import pytest
from _pytest.mark.expression import Expression

_TESTS = Path(__file__).parent
TIERS = {
    "unit": "no process and no network",
    "service": "processes of its own, Postgres and Valkey",
    "provider": "the local providers, by the vendors' protocols",
    "api": "the web app, by HTTP and its socket",
    "call": "LiveKit and a worker",
    "browser": "the pages in Chromium",
    "isolation": "what one account sees and changes of another",
    "long": "full matrices and long runs: `make test-long`",
}


def pytest_configure(config: pytest.Config) -> None:
    for name, description in TIERS.items():
        config.addinivalue_line("markers", f"{name}: {description}")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Modules that `-m` leaves out, and the conftest of a folder of such, are not even imported: that takes long."""
    if not config.option.markexpr or not collection_path.is_relative_to(_TESTS):
        return None
    if collection_path.is_dir():
        modules = [*collection_path.rglob("test_*.py")]
    else:
        modules = [collection_path] if collection_path.match("test_*.py") else []
    tiers = [_declared(module) for module in modules]
    expression = Expression.compile(config.option.markexpr)

    def chosen(tier: str | None) -> bool:
        # One that declares none is collected, and fails there.
        return tier is None or expression.evaluate(lambda name, **_: name == tier)

    return None if not modules or any(map(chosen, tiers)) else True


@cache
def _declared(module: Path) -> str | None:
    """The tier that a module's text declares; None when it names no tier."""
    mark = re.search(r"^pytestmark = .*?pytest\.mark\.(\w+)", module.read_text(), re.MULTILINE | re.DOTALL)
    return mark[1] if mark and mark[1] in TIERS else None


def tier_of(item: pytest.Item) -> str:
    """Raises UsageError unless the test's module declares exactly one tier, and the test none of its own."""
    module = item.getparent(pytest.Module)
    declared = [mark.name for mark in module.own_markers if mark.name in TIERS] if module else []
    if len(declared) != 1:
        one_of = ", ".join(TIERS)
        raise pytest.UsageError(
            f"{item.nodeid.partition('::')[0]} declares {len(declared) or 'no'} tiers instead of one: add"
            f" `pytestmark = pytest.mark.unit` below its imports, or another of {one_of} (docs/TESTING.md)."
        )
    if [mark.name for mark in item.iter_markers() if mark.name in TIERS] != declared:
        raise pytest.UsageError(f"{item.nodeid} declares a tier of its own: move it to a module of that tier.")
    return declared[0]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the long tests out, unless they are asked for by `-m` or by the name of their file."""
    paths = {Path(config.invocation_params.dir, arg.partition("::")[0]) for arg in config.args}
    selection: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        long = tier_of(item) == "long" and not config.option.markexpr and item.path not in paths
        (left_out if long else selection).append(item)
    items[:] = selection
    config.hook.pytest_deselected(items=left_out)
