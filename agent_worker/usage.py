"""What the providers were used for, as records: written while the call runs, so that a killed worker loses little."""

from decimal import Decimal

from livekit.agents.metrics import AgentSessionUsage, LLMModelUsage, STTModelUsage, TTSModelUsage

from agent_worker.transcript import Transcript
from quantum_app.domain.calls import pricing
from quantum_app.errors import Segment
from quantum_app.kit.log import logger

_log = logger(__name__)
_SMALLEST = {"seconds": Decimal("0.1"), "characters": Decimal(1), "tokens_in": Decimal(1), "tokens_out": Decimal(1)}


class Meter:
    """Turns LiveKit's running totals into records of what was added since the last one. local: the vendors are ours."""

    def __init__(self, transcript: Transcript, *, local: bool) -> None:
        self._transcript = transcript
        self._local = local
        self._written: dict[tuple[str, str, str], Decimal] = {}

    async def write(self, usage: AgentSessionUsage) -> None:
        """Record the difference to the last time."""
        for (provider, kind, unit), total in _totals(usage, local=self._local).items():
            key = (provider, kind, unit)
            added = total - self._written.get(key, Decimal(0))
            if added < _SMALLEST[unit]:
                continue
            self._written[key] = total
            cost = pricing.cost(provider, kind, unit, added)
            if cost is None:
                _log.warning("no price known", provider=provider, unit=unit)
            await self._transcript.usage(provider, kind, unit, added, cost or Decimal(0))


def _totals(usage: AgentSessionUsage, *, local: bool) -> dict[tuple[str, str, str], Decimal]:
    found: dict[tuple[str, str, str], Decimal] = {}

    def add(provider: str, kind: Segment, unit: str, quantity: float) -> None:
        key = (provider, str(kind), unit)
        found[key] = found.get(key, Decimal(0)) + Decimal(str(round(quantity, 3)))

    for item in usage.model_usage:
        name = f"{item.provider}/{item.model}".lower()
        name = f"{pricing.LOCAL}/{name}" if local else name
        if isinstance(item, STTModelUsage):
            add(name, Segment.STT, "seconds", item.audio_duration)
        elif isinstance(item, TTSModelUsage):
            add(name, Segment.TTS, "characters", item.characters_count)
        elif isinstance(item, LLMModelUsage):
            add(name, Segment.LLM, "tokens_in", item.input_tokens)
            add(name, Segment.LLM, "tokens_out", item.output_tokens)
    return found
