"""Who understands and words answers: a language model where one is configured, rules always."""

from uuid import UUID

from quantum_app.domain.flows.ports import Brain
from quantum_app.domain.knowledge.ports import Embedder
from quantum_app.providers.brain.budget import Budget
from quantum_app.providers.brain.rules import RulesBrain
from quantum_app.settings import Settings


def brains(settings: Settings, embedder: Embedder, *, account_id: UUID | None = None) -> tuple[Brain, ...]:
    """Best first; the last one needs nothing from outside. account_id: whose budget it is, where that is known yet."""
    rules = RulesBrain(embedder)
    if not settings.openai.enabled:
        return (rules,)
    # Seconds and a hundred megabytes, which those without a model can do without.
    from quantum_app.providers.brain.llm import LlmBrain

    model = LlmBrain(settings.openai, settings.model_limits)
    if account_id is not None:
        model.budget = Budget(settings.model_limits, account_id, settings.redis.url.get_secret_value())
    return (model, rules)
