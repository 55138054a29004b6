"""Who understands and words answers: a language model where one is configured, rules always."""

from quantum_app.domain.flows.ports import Brain
from quantum_app.domain.knowledge.ports import Embedder
from quantum_app.providers.brain.rules import RulesBrain
from quantum_app.settings import Settings


def brains(settings: Settings, embedder: Embedder) -> tuple[Brain, ...]:
    """Best first; the last one needs nothing from outside."""
    rules = RulesBrain(embedder)
    if not settings.openai.enabled:
        return (rules,)
    # Seconds and a hundred megabytes, which those without a model can do without.
    from quantum_app.providers.brain.llm import LlmBrain

    return (LlmBrain(settings.openai), rules)
