"""A caller made of code: joins a call as the page does, speaks audio at exactly known times and records what it hears.

    async with await SyntheticCaller.call(web_url, "demo", email="a@caller.example", consent_version=wording) as caller:
        joined = await caller.assistant(timeout=5)
        await caller.turn_over(after=joined, timeout=20)
        spoken = await caller.say(speak("Do you allow pets?"))
        latency = await caller.heard(after=spoken.last, timeout=5) - spoken.last

All times are `time.monotonic()` seconds in this process, for what is sent and what is received alike.

Sending. 20 ms frames leave on a fixed beat, noise of a quiet room between utterances, as from a microphone. The
outgoing queue holds 40 ms (the library's default of a second would shift every time by as much). A sample counts as
spoken 10 ms before its place in the frame handed over, because a microphone hands over what it has already heard, in
pieces of 10 ms; what the queue adds after that is counted as latency.

Receiving. Frames of 10 ms are stamped when they come out of the jitter buffer; a sample counts as heard at its frame's
stamp plus its place in the frame.
"""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self, TypeVar
from uuid import UUID, uuid4

import httpx
import numpy as np
from livekit import rtc

from ops.sound import AUDIBLE_RMS, RATE, RUN, Pcm, bounds, noise, rms
from quantum_app.kit import ids

FRAME = RATE // 50
FRAME_SECONDS = FRAME / RATE
CAPTURE_DELAY = 0.010
# Later than this, the beat starts anew instead of catching up in a burst that no microphone sends.
STALL = 0.060
# How long a typed message waits for an assistant.
TYPE_PATIENCE = 20.0

T = TypeVar("T")
Speaker = Literal["caller", "assistant"]


class CallRefused(Exception):
    """The service did not start a call. `status` and `problem` are what it answered."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('detail') or problem.get('title') or problem}")
        self.status = status
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the service answers to a call: where to join, with what, until when."""

    call_id: str
    server_url: str
    token: str

    @property
    def uuid(self) -> UUID:
        """The call's id as the database has it. Raises ValueError for a room that is no call's."""
        call_id = ids.decode("call", self.call_id)
        if call_id is None:
            raise ValueError(f"{self.call_id} is no call's id")
        return call_id


@dataclass(frozen=True, slots=True)
class Utterance:
    """When an utterance was sent. first and last: its first and last audible sample, in the clean audio.

    lateness: of the latest frame, in seconds; above some 0.02 the machine was too busy for exact figures.
    """

    first: float
    last: float
    frames: tuple[float, ...]
    lateness: float

    def time_of(self, sample: int) -> float:
        """When a sample of the utterance was spoken."""
        return self.frames[sample // FRAME] + sample % FRAME / RATE


@dataclass(slots=True)
class Caption:
    """One segment of transcript. started_at, updated: when its first and its latest words came."""

    segment: str
    speaker: Speaker
    text: str
    final: bool
    started_at: float
    updated: float


@dataclass(slots=True)
class Recording:
    """The received track: frames of 10 ms with their times, and the RMS of each."""

    times: list[float] = field(default_factory=list)
    frames: list[Pcm] = field(default_factory=list)
    loudness: list[float] = field(default_factory=list)

    def add(self, at: float, samples: Pcm) -> None:
        self.times.append(at)
        self.frames.append(samples)
        self.loudness.append(rms(samples))

    def _index(self, at: float) -> int:
        return int(np.searchsorted(self.times, at))

    def first_audible(self, after: float, before: float = float("inf")) -> float | None:
        """When the first audible sample at or after `after` was heard, or None so far."""
        start, end = self._index(after), self._index(before)
        loud = 0
        for index in range(start, end):
            loud = loud + 1 if self.loudness[index] >= AUDIBLE_RMS else 0
            if loud == RUN:
                at = index - RUN + 1
                offset = int(np.flatnonzero(np.abs(self.frames[at].astype(np.int32)) >= AUDIBLE_RMS)[0])
                return self.times[at] + offset / RATE
        return None

    def last_audible(self, after: float, before: float = float("inf")) -> float | None:
        """When the last audible sample between the two times was heard, or None where all was quiet."""
        start, end = self._index(after), self._index(before)
        loud = 0
        for index in range(end - 1, start - 1, -1):
            loud = loud + 1 if self.loudness[index] >= AUDIBLE_RMS else 0
            if loud == RUN:
                at = index + RUN - 1
                offset = int(np.flatnonzero(np.abs(self.frames[at].astype(np.int32)) >= AUDIBLE_RMS)[-1])
                return self.times[at] + offset / RATE
        return None

    def falls_silent(self, after: float, quiet: float) -> float | None:
        """When the last audible sample before the first `quiet` seconds of silence after `after` was heard.

        None while no such silence has come; `after` itself when nothing was audible any more.
        """
        frames = round(quiet * 100)
        start = self._index(after)
        silent = 0
        for index in range(start, len(self.times)):
            silent = 0 if self.loudness[index] >= AUDIBLE_RMS else silent + 1
            if silent == frames:
                return self.last_audible(after, self.times[index]) or after
        return None

    def between(self, after: float, before: float = float("inf")) -> Pcm:
        """The samples of all frames that came between the two times."""
        frames = self.frames[self._index(after) : self._index(before)]
        return np.concatenate(frames) if frames else np.zeros(0, np.int16)


async def start_call(
    web_url: str, campaign: str, *, email: str, consent_version: str, name: str | None = None, address: str = ""
) -> Ticket:
    """Start a call as the call page does. Raises CallRefused, or httpx.HTTPError where nothing answers.

    address: whom to call for, as a proxy on this machine may say; the limits of one address count for it.
    """
    body = {"email": email, "consent": True, "consent_version": consent_version} | ({"name": name} if name else {})
    headers = {"x-forwarded-for": address} if address else {}
    async with httpx.AsyncClient(base_url=web_url, timeout=10, headers=headers) as client:
        answer = await client.post(f"/api/public/campaigns/{campaign}/calls", json=body)
    if answer.status_code != 201:
        try:
            problem = answer.json()
        except json.JSONDecodeError:
            problem = {"title": answer.text[:200]}
        raise CallRefused(answer.status_code, problem)
    ticket = answer.json()
    return Ticket(ticket["call_id"], ticket["server_url"], ticket["token"])


class SyntheticCaller:
    """One caller on one call. Use as an async context manager: entering joins the room, leaving hangs up.

    noise_level: dBFS of the room between and under the words; `noise_kind` as in `ops.sound.noise`. says_so: tell the
    assistant when leaving, as the page's "End call" does; who just vanishes is waited for.
    """

    def __init__(
        self, ticket: Ticket, *, noise_level: float = -66.0, noise_kind: str = "pink", says_so: bool = False
    ) -> None:
        self.ticket = ticket
        self._says_so = says_so
        self.recording = Recording()
        self.captions: dict[str, Caption] = {}
        self.messages: list[dict[str, Any]] = []
        self.states: list[tuple[float, str]] = []
        self.assistant_joined: float | None = None
        self.assistant_left: float | None = None
        self.disconnected: float | None = None
        self._room = rtc.Room()
        self._source: rtc.AudioSource | None = None
        self._publication: rtc.LocalTrackPublication | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._change = asyncio.Event()
        self._queue: asyncio.Queue[tuple[Pcm, asyncio.Future[Utterance]]] = asyncio.Queue()
        self.set_noise(noise_kind, noise_level)

    @classmethod
    async def call(
        cls, web_url: str, campaign: str, *, email: str, consent_version: str, name: str | None = None, **room: Any
    ) -> Self:
        """A caller with a fresh ticket of the running service. Raises as `start_call`."""
        return cls(await start_call(web_url, campaign, email=email, consent_version=consent_version, name=name), **room)

    async def __aenter__(self) -> Self:
        room = self._room
        room.on("participant_connected", self._on_participant)
        room.on("participant_disconnected", self._on_participant_left)
        room.on("participant_attributes_changed", self._on_attributes)
        room.on("track_subscribed", self._on_track)
        room.on("disconnected", self._on_disconnected)
        room.register_text_stream_handler("lk.transcription", self._on_caption)
        room.register_text_stream_handler("qv.call", self._on_message)
        await room.connect(self.ticket.server_url, self.ticket.token)
        for participant in room.remote_participants.values():
            self._on_participant(participant)
        self._source = rtc.AudioSource(RATE, 1, queue_size_ms=40)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", self._source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        self._publication = await room.local_participant.publish_track(track, options)
        self._spawn(self._microphone(self._source))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()

    async def leave(self) -> None:
        """Hang up; harmless when repeated."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self._says_so:
            await self._say_so()
        await self._room.disconnect()
        if self._source is not None:
            await self._source.aclose()
            self._source = None

    async def _say_so(self) -> None:
        for assistant in list(self._room.remote_participants.values()):
            with suppress(rtc.RpcError):
                await self._room.local_participant.perform_rpc(
                    destination_identity=assistant.identity, method="qv.hang_up", payload="{}", response_timeout=2
                )

    # Speaking

    def set_noise(self, kind: str, level: float, seed: int = 1) -> None:
        """Change the room from the next frame on; the caller's words are added to it."""
        self._noise = noise(kind, 5.0, level, seed).astype(np.int32)  # a whole number of frames
        self._noise_at = 0

    async def say(self, samples: Pcm) -> Utterance:
        """Speak `samples` (int16 mono at `RATE`); returns when the last one was sent. Raises ValueError on silence."""
        audible = bounds(samples)
        if audible is None:
            raise ValueError("nothing in these samples can be heard")
        completion: asyncio.Future[Utterance] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((samples, completion))
        speech = await completion
        return replace(speech, first=speech.time_of(audible[0]), last=speech.time_of(audible[1] - 1))

    async def type(self, text: str, receipts: int = 1) -> None:
        """Send a typed message on the call, again until an assistant has it. Raises TimeoutError.

        receipts: sent again until it was received so often, as by a page that lost the first.
        """
        message = json.dumps({"id": uuid4().hex, "text": text})
        async with asyncio.timeout(TYPE_PATIENCE):
            while receipts:
                for assistant in list(self._room.remote_participants.values()):
                    with suppress(rtc.RpcError):
                        await self._room.local_participant.perform_rpc(
                            destination_identity=assistant.identity,
                            method="qv.send_message",
                            payload=message,
                            response_timeout=3,
                        )
                        receipts -= 1
                await asyncio.sleep(0.3 if receipts else 0)

    async def _microphone(self, source: rtc.AudioSource) -> None:
        beat = time.monotonic()
        while True:
            samples, completion = (None, None) if self._queue.empty() else self._queue.get_nowait()
            count = 1 if samples is None else -(-len(samples) // FRAME)
            times: list[float] = []
            worst = 0.0
            for index in range(count):
                beat += FRAME_SECONDS
                await asyncio.sleep(max(0.0, beat - time.monotonic()))
                late = time.monotonic() - beat
                worst = max(worst, late)
                if late > STALL:
                    beat += late
                piece = self._noise[self._noise_at : self._noise_at + FRAME].copy()
                self._noise_at = (self._noise_at + FRAME) % len(self._noise)
                if samples is not None:
                    words = samples[index * FRAME : (index + 1) * FRAME]
                    piece[: len(words)] += words
                frame = np.clip(piece, -32768, 32767).astype(np.int16)
                times.append(time.monotonic() - CAPTURE_DELAY)
                await source.capture_frame(rtc.AudioFrame(frame.tobytes(), RATE, 1, FRAME))
            if completion is not None and not completion.done():
                completion.set_result(Utterance(times[0], times[-1], tuple(times), worst))

    # Waiting

    async def until(self, look: Callable[[], T | None], event: str, timeout: float) -> T:
        """The first result of `look` that is neither None nor False. Raises TimeoutError saying what did not come."""
        try:
            async with asyncio.timeout(timeout):
                while True:
                    value = look()
                    if value is not None and value is not False:
                        return value
                    self._change.clear()
                    await self._change.wait()
        except TimeoutError:
            raise TimeoutError(f"no {event} within {timeout:g} s") from None

    async def assistant(self, timeout: float) -> float:
        """When the assistant joined the room."""
        return await self.until(lambda: self.assistant_joined, "assistant in the room", timeout)

    async def listened_to(self, timeout: float) -> None:
        """Wait until the assistant gets the microphone's sound: what is said before, it doesn't hear."""
        async with asyncio.timeout(timeout):
            if self._publication is not None:
                await self._publication.wait_for_subscription()

    async def wait_for_sound(self, after: float, timeout: float) -> float:
        """When the first audible sample after `after` was heard."""
        return await self.until(lambda: self.recording.first_audible(after), "audible sound of the assistant", timeout)

    async def quiet(self, seconds: float, timeout: float) -> float:
        """Wait until nothing was audible for `seconds`; when the last audible sample was heard (0: never)."""
        start = time.monotonic()

        def look() -> float | None:
            if not self.recording.times or self.recording.times[-1] - start < seconds:
                return None
            now = self.recording.times[-1]
            last = self.recording.last_audible(now - seconds)
            if last is not None:
                return None
            return self.recording.last_audible(0.0) or 0.0

        return await self.until(look, f"{seconds:g} s of quiet", timeout)

    async def turn_over(self, after: float, timeout: float) -> float:
        """Wait until the assistant was heard after `after`, has stopped and listens; when its last sample was heard."""
        first = await self.wait_for_sound(after, timeout)

        def look() -> float | None:
            now = self.recording.times[-1]
            if self.state != "listening" or now - first < 0.6 or self.recording.last_audible(now - 0.6) is not None:
                return None
            return self.recording.last_audible(first)

        return await self.until(look, "end of the assistant's turn", timeout)

    async def caption(self, speaker: Speaker, after: float, timeout: float) -> Caption:
        """The first final segment of `speaker` that was completed after `after`."""

        def look() -> Caption | None:
            captions = (
                item
                for item in self.captions.values()
                if item.speaker == speaker and item.final and item.updated > after
            )
            return next(captions, None)

        return await self.until(look, f"final words of the {speaker}", timeout)

    async def wait_for_end(self, timeout: float) -> str:
        """The reason the worker gave for the end of the call."""

        def look() -> str | None:
            return next((message["reason"] for message in self.messages if message.get("type") == "call.ended"), None)

        return await self.until(look, "end of the call", timeout)

    @property
    def state(self) -> str:
        """The assistant's state as LiveKit Agents names it; empty before it said one."""
        return self.states[-1][1] if self.states else ""

    def text(self, speaker: Speaker, after: float = 0.0) -> str:
        """All that `speaker` said in segments begun after `after`."""
        texts = (item.text for item in self.captions.values() if item.speaker == speaker and item.started_at >= after)
        return " ".join(part.strip() for part in texts if part.strip())

    # What the room tells

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _on_participant(self, participant: rtc.RemoteParticipant) -> None:
        if participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT and self.assistant_joined is None:
            self.assistant_joined = time.monotonic()
            self._on_attributes(dict(participant.attributes), participant)

    def _on_participant_left(self, participant: rtc.RemoteParticipant) -> None:
        if participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT:
            self.assistant_left = time.monotonic()
            self._change.set()

    def _on_attributes(self, attributes: dict[str, str], participant: rtc.Participant) -> None:
        state = attributes.get("lk.agent.state")
        if state and participant.identity != self._room.local_participant.identity and state != self.state:
            self.states.append((time.monotonic(), state))
        self._change.set()

    def _on_track(self, track: rtc.Track, _: object, participant: rtc.RemoteParticipant) -> None:
        if isinstance(track, rtc.RemoteAudioTrack) and participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT:
            self._spawn(self._record(track))

    def _on_disconnected(self, *_: object) -> None:
        self.disconnected = time.monotonic()
        self._change.set()

    def _on_caption(self, reader: rtc.TextStreamReader, identity: str) -> None:
        self._spawn(self._read_caption(reader, identity))

    def _on_message(self, reader: rtc.TextStreamReader, _: str) -> None:
        self._spawn(self._read_message(reader))

    async def _record(self, track: rtc.RemoteAudioTrack) -> None:
        stream = rtc.AudioStream.from_track(track=track, sample_rate=RATE, num_channels=1, frame_size_ms=10)
        try:
            async for event in stream:
                self.recording.add(time.monotonic(), np.frombuffer(event.frame.data, np.int16).copy())
                self._change.set()
        finally:
            await stream.aclose()

    async def _read_caption(self, reader: rtc.TextStreamReader, identity: str) -> None:
        # The caller's segment comes as one stream per revision with the whole text, the assistant's as one that grows.
        attributes = reader.info.attributes or {}
        segment = attributes.get("lk.segment_id", reader.info.stream_id)
        speaker: Speaker = "caller" if identity == self._room.local_participant.identity else "assistant"
        text = ""
        async for piece in reader:
            text += piece
            now = time.monotonic()
            caption = self.captions.setdefault(segment, Caption(segment, speaker, text, False, now, now))
            caption.text, caption.updated = text, now
            self._change.set()
        if segment in self.captions and (speaker == "assistant" or attributes.get("lk.transcription_final") == "true"):
            self.captions[segment].final = True
            self.captions[segment].updated = time.monotonic()
        self._change.set()

    async def _read_message(self, reader: rtc.TextStreamReader) -> None:
        self.messages.append(json.loads(await reader.read_all()))
        self._change.set()
