"""Models that understand callers and word answers: a language model where one is configured, rules always."""

from quantum_app.domain.flows.ports import DialogueModel
from quantum_app.domain.knowledge.ports import Embedder
from quantum_app.providers.nlu.budget import Budget
from quantum_app.providers.nlu.local import LocalNlu
from quantum_app.settings import ModelLimits, OpenAI


def dialogue_models(
    settings: OpenAI, embedder: Embedder, limits: ModelLimits | None = None, budget: Budget | None = None
) -> tuple[DialogueModel, ...]:
    """Best first; the last one needs nothing from outside. budget: whose tokens the model uses, where that is known."""
    rules = LocalNlu(embedder)
    if not settings.enabled:
        return (rules,)
    # Seconds and a hundred megabytes, which those without a model can do without.
    from quantum_app.providers.nlu.llm import LlmNlu

    model = LlmNlu(settings, limits)
    model.budget = budget
    return (model, rules)
