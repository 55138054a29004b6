"""The designer with a large flow, and long runs of edits by chance."""

import pytest
from playwright.async_api import Browser

from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.templates import TEMPLATES, Template
from tests.e2e.designer import drag_node_40, undo_and_redo
from tests.e2e.test_designer_change import check_changes
from tests.stack import Stack

pytestmark = pytest.mark.long
each_template = pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.id)


@each_template
@pytest.mark.parametrize("seed", range(5))
def test_the_change_makes_what_is_drawn(template: Template, seed: int) -> None:
    check_changes(drafts.plain(template.definition), seed=seed, rounds=300)


@each_template
@pytest.mark.parametrize("seed", [1, 2])
async def test_undo_and_redo_over_everything(product: Stack, browser: Browser, template: Template, seed: int) -> None:
    await undo_and_redo(browser, product, drafts.plain(template.definition), seed=seed, steps=40)


async def test_three_hundred_nodes(product: Stack, browser: Browser) -> None:
    assert await drag_node_40(browser, product, 300) == ["n40"]
