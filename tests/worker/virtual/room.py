"""A LiveKit room in memory: as much of one as a call asks for, seen from the assistant's side."""

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from livekit import rtc

from tests.worker.virtual.media import Loudspeaker, Microphone

ASSISTANT = "assistant"


@dataclass(slots=True)
class Caption:
    """A segment of transcript, as the page gets it."""

    speaker: str
    text: str
    began: float
    final: bool = False


class Participant:
    """Somebody else in the room."""

    def __init__(self, identity: str, *, agent: bool = False) -> None:
        kinds = rtc.ParticipantKind
        self.identity = self.sid = identity
        self.kind = kinds.PARTICIPANT_KIND_AGENT if agent else kinds.PARTICIPANT_KIND_STANDARD
        self.attributes: dict[str, str] = {}
        self.track_publications: dict[str, Microphone] = {}
        self.disconnect_reason = rtc.DisconnectReason.CLIENT_INITIATED
        # Where LiveKit Agents looks whether captions have to come the old way, too.
        self._info = SimpleNamespace(client_protocol=99)


class _Writer:
    def __init__(self, caption: Caption) -> None:
        self._caption = caption

    async def write(self, text: str) -> None:
        self._caption.text += text

    async def aclose(self, *, attributes: dict[str, str] | None = None) -> None:
        self._caption.final = self._caption.final or (attributes or {}).get("lk.transcription_final") == "true"


class _Assistant:
    """The local participant."""

    identity = sid = ASSISTANT
    kind = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT

    def __init__(self, room: "Room") -> None:
        self._room = room
        self.track_publications: dict[str, Any] = {}
        self.methods: dict[str, Callable[[rtc.RpcInvocationData], Awaitable[str]]] = {}

    async def publish_track(self, track: Loudspeaker, options: rtc.TrackPublishOptions) -> "_Assistant":
        self._room.loudspeaker = track
        return self

    async def wait_for_subscription(self) -> None:
        """Whoever is in the room hears it."""

    def register_rpc_method(self, name: str, handler: Callable[[rtc.RpcInvocationData], Awaitable[str]]) -> None:
        self.methods[name] = handler

    async def set_attributes(self, attributes: dict[str, str]) -> None:
        self._room.state = attributes.get("lk.agent.state", self._room.state)

    async def stream_text(
        self, *, topic: str, sender_identity: str = ASSISTANT, attributes: dict[str, str] | None = None
    ) -> _Writer:
        if attributes is None:
            assert topic == "qv.words"
            self._room.announced.append(Caption(sender_identity, "", time.monotonic()))
            return _Writer(self._room.announced[-1])
        segment = attributes["lk.segment_id"]
        earlier = self._room.captions.get(segment)
        caption = Caption(sender_identity, "", earlier.began if earlier else time.monotonic())
        caption.final = attributes.get("lk.transcription_final") == "true"
        self._room.captions[segment] = caption
        return _Writer(caption)

    async def send_text(self, text: str, *, topic: str) -> None:
        self._room.messages.append(json.loads(text))


class Room(rtc.EventEmitter[str]):
    """`connected` until it is deleted or lost. `captions`, `announced` and `messages` are what a page would have."""

    def __init__(self) -> None:
        super().__init__()
        self.name = f"call_{uuid4().hex}"
        self.connected = True
        self.deleted = False
        self.removed: list[str] = []
        self.remote_participants: dict[str, Participant] = {}
        self.local_participant = _Assistant(self)
        self.loudspeaker: Loudspeaker | None = None
        self.captions: dict[str, Caption] = {}
        self.announced: list[Caption] = []
        self.messages: list[dict[str, Any]] = []
        self.state = ""

    def isconnected(self) -> bool:
        return self.connected

    def register_byte_stream_handler(self, topic: str, handler: Any) -> None:
        pass

    def unregister_byte_stream_handler(self, topic: str) -> None:
        pass

    # What the server does

    def join(self, participant: Participant) -> None:
        self.remote_participants[participant.identity] = participant
        self.emit("participant_connected", participant)

    def publish(self, participant: Participant, microphone: Microphone) -> None:
        participant.track_publications[microphone.sid] = microphone
        self.emit("track_published", microphone, participant)
        self.emit("track_subscribed", microphone, microphone, participant)

    def leave(self, participant: Participant) -> None:
        del self.remote_participants[participant.identity]
        for microphone in participant.track_publications.values():
            self.emit("track_unsubscribed", microphone, microphone, participant)
        self.emit("participant_disconnected", participant)

    def disconnect(self, reason: rtc.DisconnectReason.ValueType) -> None:
        self.connected = False
        self.emit("disconnected", reason)

    # What the assistant asks the server's API for

    async def delete_room(self, request: Any) -> None:
        self.deleted = request.room == self.name

    async def remove_participant(self, request: Any) -> None:
        self.removed.append(request.identity)
