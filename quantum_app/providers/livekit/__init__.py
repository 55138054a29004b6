"""LiveKit: tokens for callers, who is in a room, sending an assistant there. By the official server SDK."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import aiohttp
import jwt
from livekit import api
from livekit.protocol.models import ParticipantInfo

from quantum_app.domain.calls.schemas import CallRef
from quantum_app.errors import Component, DependencyUnavailable, NotAuthenticated
from quantum_app.kit import crypto
from quantum_app.kit.clock import now
from quantum_app.settings import LiveKit as LiveKitSettings
from quantum_app.settings import settings

TOKEN_LIFETIME = timedelta(minutes=10)
# A caller rates the call, or asks for the assistant again, with the same token; longer than it opens the room.
PROOF_LIFETIME = timedelta(days=1)
CALLER = "caller"
_TIMEOUT = 3.0  # seconds
# What the key is derived for.
_METADATA = "call reference"


def encrypt_metadata(call: CallRef) -> str:
    """The metadata of token and job. Encrypted, because the caller can read the token."""
    content = [str(call.account_id), str(call.call_id), str(call.campaign_id), call.address]
    return crypto.encrypt(settings().signing_key, _METADATA, json.dumps(content)).decode()


def decrypt_metadata(text: str) -> CallRef:
    """The call that `encrypt_metadata` was given. Raises ValueError."""
    content = json.loads(crypto.decrypt(settings().signing_key, _METADATA, text.encode()))
    account_id, call_id, campaign_id, address = content
    return CallRef(UUID(account_id), UUID(call_id), UUID(campaign_id), address)


@dataclass(frozen=True, slots=True)
class CallerToken:
    token: str
    expires_at: datetime


class Rooms:
    """The rooms of one LiveKit server. Every method raises DependencyUnavailable(LIVEKIT) when it does not answer."""

    def __init__(self, settings: LiveKitSettings, agent_name: str) -> None:
        self._settings = settings
        self._agent_name = agent_name

    def caller_token(self, call: CallRef, name: str | None) -> CallerToken:
        """Admits the caller to the call's room for ten minutes: microphone and data; and brings the assistant there."""
        expires_at = now() + TOKEN_LIFETIME
        token = (
            api.AccessToken(self._settings.api_key, self._settings.api_secret.get_secret_value())
            .with_identity(CALLER)
            .with_name(name or "Caller")
            .with_ttl(TOKEN_LIFETIME)
            .with_grants(
                api.VideoGrants(
                    room_join=True,
                    room=call.public_id,
                    can_publish=True,
                    can_publish_sources=["microphone"],
                    can_publish_data=True,
                    can_subscribe=True,
                )
            )
            .with_room_config(
                api.RoomConfiguration(
                    empty_timeout=60,
                    departure_timeout=30,
                    max_participants=4,
                    agents=[api.RoomAgentDispatch(agent_name=self._agent_name, metadata=encrypt_metadata(call))],
                )
            )
        )
        return CallerToken(token.to_jwt(), expires_at)

    def call_of(self, token: str) -> CallRef:
        """The call a caller's token was made for; the proof is good for a day. Raises NotAuthenticated."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._settings.api_secret.get_secret_value(),
                algorithms=["HS256"],
                issuer=self._settings.api_key,
                leeway=PROOF_LIFETIME,
                options={"require": ["exp", "iss", "sub"]},
            )
            call = decrypt_metadata(claims["roomConfig"]["agents"][0]["metadata"])
            if claims["sub"] != CALLER or claims["video"]["room"] != call.public_id:
                raise ValueError("not a caller's token")
        except (jwt.InvalidTokenError, KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            raise NotAuthenticated("This token is invalid or has expired.") from error
        return call

    async def check(self) -> None:
        """Whether the server answers, and knows our key."""
        async with self._api() as client:
            await client.room.list_rooms(api.ListRoomsRequest(names=["-"]))

    async def assistant_present(self, call: CallRef) -> bool:
        """Whether an assistant is in the call's room."""
        async with self._api() as client:
            answer = await client.room.list_participants(api.ListParticipantsRequest(room=call.public_id))
        return any(participant.kind == ParticipantInfo.Kind.AGENT for participant in answer.participants)

    async def caller_present(self, call: CallRef) -> bool:
        """Whether the caller is in the call's room, and media can pass; who only announced themselves is not."""
        async with self._api() as client:
            answer = await client.room.list_participants(api.ListParticipantsRequest(room=call.public_id))
        return any(
            participant.identity == CALLER and participant.state == ParticipantInfo.ACTIVE
            for participant in answer.participants
        )

    async def remove_caller(self, call: CallRef) -> None:
        """Take the caller out of the call's room, if they are there. The assistant then hangs up."""
        async with self._api() as client:
            try:
                await client.room.remove_participant(api.RoomParticipantIdentity(room=call.public_id, identity=CALLER))
            except api.TwirpError as error:
                if error.code != api.TwirpErrorCode.NOT_FOUND:
                    raise

    async def send_assistant(self, call: CallRef) -> None:
        """Ask for an assistant in the call's room."""
        async with self._api() as client:
            await client.agent_dispatch.create_dispatch(
                api.CreateAgentDispatchRequest(
                    agent_name=self._agent_name, room=call.public_id, metadata=encrypt_metadata(call)
                )
            )

    @asynccontextmanager
    async def _api(self) -> AsyncIterator[api.LiveKitAPI]:
        client = api.LiveKitAPI(
            self._settings.url,
            self._settings.api_key,
            self._settings.api_secret.get_secret_value(),
            timeout=aiohttp.ClientTimeout(total=_TIMEOUT),
        )
        try:
            yield client
        except (aiohttp.ClientError, TimeoutError, OSError, api.TwirpError) as error:
            raise DependencyUnavailable(
                Component.LIVEKIT, "Calls can't be connected right now. Try again in a minute."
            ) from error
        finally:
            await client.aclose()
