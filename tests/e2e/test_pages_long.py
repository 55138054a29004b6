"""Each required test of this folder that runs axe, again at every width and in both themes."""

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.browser import assert_accessible

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("every_look")]


def _tests() -> Iterator[tuple[str, Callable[..., Any]]]:
    axe = assert_accessible.__name__
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        module = import_module(f"{__package__}.{path.stem}") if path != Path(__file__) else None
        if module and module.pytestmark == pytest.mark.browser:
            tests = {name: test for name, test in vars(module).items() if name.startswith("test_")}
            axe_tests = {name: test for name, test in tests.items() if axe in test.__code__.co_names}
            assert axe_tests or axe not in vars(module), f"{path} runs axe out of its tests' sight"
            yield from ((f"{path.stem}_{name.removeprefix('test_')}", test) for name, test in axe_tests.items())


globals().update(_tests())
