"""The official SDK's client for Deepgram, or for whatever speaks its protocol at `base_url`."""

from typing import TYPE_CHECKING

import httpx

from quantum_app.settings import Deepgram

if TYPE_CHECKING:
    from deepgram import AsyncDeepgramClient


def client(settings: Deepgram, web: httpx.AsyncClient) -> "AsyncDeepgramClient":
    """Never retries. The first time, this imports for most of a second."""
    from deepgram import AsyncDeepgramClient
    from deepgram.environment import DeepgramClientEnvironment

    base = settings.base_url
    return AsyncDeepgramClient(
        api_key=settings.api_key.get_secret_value() or "none",
        environment=DeepgramClientEnvironment(base=base, production=base, agent=base, agent_rest=base),
        httpx_client=web,
        max_retries=0,
    )
