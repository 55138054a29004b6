"""Who understands and words answers: a language model where one is configured, rules always."""

from quantum_app.domain.flows.ports import Brain
from quantum_app.domain.knowledge.ports import Embedder
from quantum_app.providers.brain.budget import Budget
from quantum_app.providers.brain.rules import RulesBrain
from quantum_app.settings import ModelLimits, OpenAI


def brains(
    settings: OpenAI, embedder: Embedder, limits: ModelLimits | None = None, budget: Budget | None = None
) -> tuple[Brain, ...]:
    """Best first; the last one needs nothing from outside. budget: whose tokens the model uses, where that is known."""
    rules = RulesBrain(embedder)
    if not settings.enabled:
        return (rules,)
    # Seconds and a hundred megabytes, which those without a model can do without.
    from quantum_app.providers.brain.llm import LlmBrain

    model = LlmBrain(settings, limits)
    model.budget = budget
    return (model, rules)
