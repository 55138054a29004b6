"""What previews of templates are made of."""

import pytest

from quantum_app.domain.flows.model import placeholders
from quantum_app.domain.flows.templates import TEMPLATES, Template
from quantum_app.domain.flows.testing import preview

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.id)
def test_each_fact_of_a_template_has_an_example(template: Template) -> None:
    labels = set(placeholders.labels(template.definition)) - {placeholders.BUSINESS_NAME}
    assert labels <= set(preview.EXAMPLES)
    flow = preview.with_examples(template.definition, preview.EXAMPLE_BUSINESSES[template.id])
    assert placeholders.labels(flow) == ()


def test_a_fact_without_an_example_stands_for_itself() -> None:
    flow = TEMPLATES[0].definition.model_copy(update={"persona": "You know [[the tide]]."})
    assert "You know the tide." in preview.with_examples(flow, preview.EXAMPLE_BUSINESSES["faq"]).persona
