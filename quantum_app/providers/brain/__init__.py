"""Who understands and words answers: a language model where one is configured, rules always."""

from quantum_app.domain.flows.ports import Brain
from quantum_app.providers.brain.llm import LlmBrain
from quantum_app.providers.brain.rules import RulesBrain
from quantum_app.settings import Settings


def brains(settings: Settings) -> tuple[Brain, ...]:
    """Best first; the last one needs nothing from outside."""
    rules = RulesBrain()
    return (LlmBrain(settings.openai), rules) if settings.openai.enabled else (rules,)
