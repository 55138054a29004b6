"""`/v1/listen`: the socket and the prerecorded POST."""

import asyncio
import hashlib
import json
import time
from dataclasses import replace
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web

from local_providers.deepgram import errors, messages
from local_providers.deepgram.audio import RATE, Linear16, Samples, decode
from local_providers.deepgram.channel import Channel
from local_providers.deepgram.options import ListenOptions, listen_options
from local_providers.deepgram.recognizer import UnknownLanguage, Word
from local_providers.deepgram.vad import SpeechDetector
from local_providers.engines import Engines
from local_providers.faults import Connection
from local_providers.outbox import Outbox
from local_providers.scheduler import Priority
from quantum_app.kit import clock, log

_log = log.logger(__name__, stage="STT")

_TIMEOUT_SECONDS = 10.0
_PIECE = RATE // 20
_AHEAD_SECONDS = 1.0
_PAUSE = RATE // 2
_LONGEST = 20 * RATE


def request_options(engines: Engines, request: web.Request) -> ListenOptions:
    """The options of a request, with the language as the model calls it. Raises VendorError 400."""
    options = listen_options(request.query)
    try:
        options = replace(options, language=engines.recognizer.check_language(options.language))
    except UnknownLanguage:
        raise errors.bad_request("No such model/language/tier combination found.") from None
    return options


async def serve(
    request: web.Request, engines: Engines, request_id: str, connection: Connection
) -> web.WebSocketResponse:
    """One stream, until the client closes it or is silent for ten seconds. Raises VendorError before the upgrade."""
    errors.require_upgrade(request)
    options = request_options(engines, request)
    socket = web.WebSocketResponse(timeout=2.0, compress=False, max_msg_size=8 * 2**20)
    socket.headers["dg-request-id"] = request_id
    await socket.prepare(request)
    outbox = Outbox(socket, connection)
    stream = _Stream(engines, options, request_id, outbox)
    _log.info(
        "stt.opened", message="A recognition stream opened.", request_id=request_id, sample_rate=options.sample_rate
    )
    try:
        code, reason = await stream.run(socket)
        await outbox.close(code, reason)
    finally:
        stream.close()
        outbox.stop()
        _log.info(
            "stt.closed",
            message="A recognition stream closed.",
            request_id=request_id,
            seconds=round(stream.seconds, 1),
            code=socket.close_code,
        )
    return socket


class _Stream:
    def __init__(self, engines: Engines, options: ListenOptions, request_id: str, outbox: Outbox) -> None:
        self._engines = engines
        self._options = options
        self._request_id = request_id
        self._outbox = outbox
        self._created_at = clock.now()
        self._hash = hashlib.sha256()
        self._bytes = 0
        self._began = 0.0
        self._linear: Linear16 | None = None
        if options.encoding is not None:
            self._linear = Linear16(options.sample_rate, options.channels, mixed=not options.multichannel)
        count = options.channels if options.multichannel else 1
        self._channels = [Channel(engines, options, request_id, (index, count), outbox.put) for index in range(count)]

    @property
    def seconds(self) -> float:
        """Audio received."""
        return self._bytes / (2 * self._options.channels * self._options.sample_rate)

    async def run(self, socket: web.WebSocketResponse) -> tuple[int, str]:
        """Read until the end; the close code and reason to send."""
        while True:
            try:
                message = await socket.receive(_TIMEOUT_SECONDS)
            except TimeoutError:
                return errors.NO_AUDIO
            if message.type is WSMsgType.BINARY and message.data:
                if self._linear is None:
                    return errors.NOT_AUDIO
                await self._feed(self._linear, message.data)
            elif message.type is WSMsgType.BINARY or (
                message.type is WSMsgType.TEXT and await self._control(message.data)
            ):
                await self._finish()
                return 1000, ""
            elif message.type not in (WSMsgType.BINARY, WSMsgType.TEXT):
                return 1000, ""

    def close(self) -> None:
        for channel in self._channels:
            channel.close()

    async def _feed(self, linear: Linear16, data: bytes) -> None:
        self._hash.update(data)
        self._bytes += len(data)
        self._began = self._began or time.monotonic()
        for channel, samples in zip(self._channels, linear.feed(data), strict=True):
            # A client may send a recording at once: it is decided on in pieces all the same, and each final is awaited,
            # as in real time a pause would give the time for it.
            for start in range(0, len(samples), _PIECE):
                channel.feed(samples[start : start + _PIECE])
                if self.seconds - (time.monotonic() - self._began) > _AHEAD_SECONDS:
                    await channel.settled()

    async def _control(self, text: str) -> bool:
        """Act on a text message; whether it ends the stream."""
        try:
            message: Any = json.loads(text)
            kind = message["type"]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            problem = "missing field `type`" if isinstance(error, KeyError) else "expected a JSON object"
            self._outbox.put(errors.schema_error(problem, text))
            return False
        if kind == "Finalize":
            await asyncio.gather(*(channel.finish(from_finalize=True) for channel in self._channels))
        elif kind == "Configure":
            self._outbox.put({"type": "ConfigureSuccess", "request_id": self._request_id})
        elif kind != "KeepAlive" and kind != "CloseStream":
            problem = f"unknown variant `{kind}`, expected one of `Configure`, `Finalize`, `KeepAlive`, `CloseStream`"
            self._outbox.put(errors.schema_error(problem, text))
        return kind == "CloseStream"

    async def _finish(self) -> None:
        await asyncio.gather(*(channel.finish(from_finalize=False) for channel in self._channels))
        self._outbox.put(self._summary())

    def _summary(self) -> messages.Message:
        return messages.metadata(
            request_id=self._request_id,
            model=self._engines.recognizer.name,
            sha256=self._hash.hexdigest(),
            created=self._created_at,
            duration=self.seconds,
            channels=len(self._channels),
        )


async def transcribe(request: web.Request, engines: Engines, request_id: str, _: Connection) -> web.Response:
    """A recording in the body, in any container FFmpeg knows or raw linear16. Raises VendorError 400, 413."""
    options = request_options(engines, request)
    created_at = clock.now()
    if request.content_type == "application/json":
        raise errors.bad_request("this server does not fetch audio by URL: send the recording in the body.")
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise errors.TOO_LARGE from None
    loop = asyncio.get_running_loop()
    try:
        if options.encoding is not None and not body.startswith(b"RIFF"):
            tracks = Linear16(options.sample_rate, options.channels, mixed=not options.multichannel).feed(body)
        else:
            tracks = await loop.run_in_executor(None, lambda: decode(body, split=options.multichannel))
    except ValueError:
        raise errors.bad_request("failed to process audio: corrupt or unsupported data") from None
    words = [await _transcribe(engines, options, request_id, track) for track in tracks]
    summary = messages.metadata(
        request_id=request_id,
        model=engines.recognizer.name,
        sha256=hashlib.sha256(body).hexdigest(),
        created=created_at,
        duration=max((len(track) for track in tracks), default=0) / RATE,
        channels=len(tracks),
    )
    return web.json_response(
        messages.prerecorded(summary, words, formatted=options.formatted), headers={"dg-request-id": request_id}
    )


async def _transcribe(engines: Engines, options: ListenOptions, request_id: str, samples: Samples) -> list[Word]:
    words: list[Word] = []
    stretches = await asyncio.get_running_loop().run_in_executor(None, lambda: _stretches(engines, samples))
    for start, end in stretches:
        stretch = samples[start:end]

        def recognize(stretch: Samples = stretch) -> tuple[Word, ...]:
            return engines.recognizer.recognize(stretch, options.language, options.hint).words

        recognized = await engines.executor.run(
            "listen.prerecorded",
            recognize,
            lambda: Priority.SPECULATIVE,
            request_id=request_id,
            audio_ms=len(stretch) * 1000 / RATE,
        )
        words += messages.shifted(recognized, start / RATE, start / RATE, end / RATE)
    return words


def _stretches(engines: Engines, samples: Samples) -> list[tuple[int, int]]:
    """Where speech is, split at pauses of half a second, none longer than one pass takes."""
    detector = SpeechDetector(engines.vad)
    stretches: list[tuple[int, int]] = []
    start: int | None = None
    padded = np.concatenate([samples, np.zeros(RATE, np.float32)])
    for offset in range(0, len(padded), RATE // 10):
        detector.feed(padded[offset : offset + RATE // 10])
        if detector.onset is None:
            continue
        if start is None:
            start = max(detector.onset - RATE // 4, stretches[-1][1] if stretches else 0)
        too_long = detector.position - start > _LONGEST
        if detector.silence >= _PAUSE or too_long:
            end = detector.position if too_long else min(detector.last_voice + RATE // 8, len(samples))
            stretches.append((start, end))
            start = None
            detector.reset()
    return stretches
