"""`/v1/speak`: the socket and the POST."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web

from local_providers.deepgram import errors, synthesizer
from local_providers.deepgram.audio import Resampler, to_linear16, wav_header
from local_providers.deepgram.messages import model_uuid
from local_providers.deepgram.options import SpeakOptions, speak_options
from local_providers.engines import Engines
from local_providers.faults import Connection
from local_providers.outbox import Outbox
from local_providers.scheduler import Priority, Timing
from quantum_app.kit import log
from quantum_app.settings import VERSION

_log = log.logger(__name__, stage="TTS")

_MAX_TEXT = 2000
_CHUNK_SECONDS = 0.1


class Voice:
    """One reply: its pieces in order, the pauses between them, at the rate the client wants."""

    def __init__(self, engines: Engines, options: SpeakOptions, request_id: str) -> None:
        self._engines = engines
        self._options = options
        self._request_id = request_id
        self._resampler = Resampler(synthesizer.RATE, options.sample_rate)
        self._before: str | None = None

    @property
    def has_begun(self) -> bool:
        return self._before is not None

    async def speak(self, piece: str) -> bytes:
        """Linear16 of one piece, with the pause that separates it from the piece before."""
        priority = Priority.SPEECH if self.has_begun else Priority.FIRST_SPEECH
        samples = await self._engines.executor.run(
            "speak.piece",
            lambda: self._engines.synthesizer.speak(piece, self._options.speed),
            lambda: priority,
            request_id=self._request_id,
        )
        if self._before is not None:
            samples = np.concatenate([synthesizer.gap_after(self._before), samples])
        self._before = piece
        return to_linear16(self._resampler.feed(samples))

    def end(self) -> bytes:
        """What the resampler still held."""
        return to_linear16(self._resampler.feed(np.zeros(0, np.float32), last=True))


async def serve(
    request: web.Request, engines: Engines, request_id: str, connection: Connection
) -> web.WebSocketResponse:
    """One socket, until the client closes it. Raises VendorError before the upgrade."""
    errors.require_upgrade(request)
    options = speak_options(request.query, streaming=True)
    socket = web.WebSocketResponse(timeout=2.0, compress=False, max_msg_size=2**20)
    socket.headers["dg-request-id"] = request_id
    await socket.prepare(request)
    outbox = Outbox(socket, connection)
    outbox.put(
        {
            "type": "Metadata",
            "request_id": request_id,
            "model_name": synthesizer.NAME,
            "model_version": VERSION,
            "model_uuid": model_uuid(synthesizer.NAME),
        }
    )
    stream = _Stream(engines, options, request_id, outbox)
    _log.info(
        "tts.opened", message="A synthesis stream opened.", request_id=request_id, sample_rate=options.sample_rate
    )
    try:
        code, reason = await stream.run(socket)
        await outbox.close(code, reason)
    finally:
        stream.close()
        outbox.stop()
        _log.info("tts.closed", message="A synthesis stream closed.", request_id=request_id, code=socket.close_code)
    return socket


@dataclass(frozen=True)
class _Piece:
    text: str
    arrived_at: float


class _Flush:
    pass


class _Stream:
    def __init__(self, engines: Engines, options: SpeakOptions, request_id: str, outbox: Outbox) -> None:
        self._engines = engines
        self._options = options
        self._request_id = request_id
        self._outbox = outbox
        self._text = ""
        self._sequence = 0
        self._queued = False
        self._work: asyncio.Queue[_Piece | _Flush] = asyncio.Queue()
        self._worker = asyncio.create_task(self._speak())

    async def run(self, socket: web.WebSocketResponse) -> tuple[int, str]:
        """Read until the end; the close code and reason to send."""
        while True:
            message = await socket.receive()
            if message.type is WSMsgType.BINARY:
                return errors.NOT_TEXT
            if message.type is not WSMsgType.TEXT:
                return 1000, ""
            if self._act(message.data):
                await self._work.join()
                return 1000, ""

    def close(self) -> None:
        self._worker.cancel()

    def _act(self, data: str) -> bool:
        """Do what a message says; whether it was Close."""
        try:
            message: Any = json.loads(data)
            kind = message["type"]
            text = message["text"] if kind == "Speak" else ""
            if not isinstance(text, str):
                raise TypeError
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            problem = f"missing field {error}" if isinstance(error, KeyError) else "expected a message object"
            self._outbox.put(errors.schema_error(problem, data))
            return False
        if kind == "Speak" and len(text) > _MAX_TEXT:
            problem = f"`text` exceeds the maximum of {_MAX_TEXT} characters"
            self._outbox.put(errors.schema_error(problem, data[:200]))
        elif kind == "Speak":
            self._text += text
            self._enqueue(complete=False)
        elif kind in ("Flush", "Close"):
            self._enqueue(complete=True)
            if kind == "Flush" or self._queued:
                self._work.put_nowait(_Flush())
            self._queued = False
        elif kind == "Clear":
            self._clear()
        else:
            problem = f"unknown variant `{kind}`, expected one of `Speak`, `Flush`, `Clear`, `Close`"
            self._outbox.put(errors.schema_error(problem, data))
        return kind == "Close"

    def _enqueue(self, *, complete: bool) -> None:
        pieces, self._text = synthesizer.take_pieces(self._text, first=not self._queued, complete=complete)
        for piece in pieces:
            self._queued = True
            self._work.put_nowait(_Piece(piece, time.perf_counter()))

    def _clear(self) -> None:
        self._worker.cancel()
        self._text = ""
        self._queued = False
        self._work = asyncio.Queue()
        self._worker = asyncio.create_task(self._speak())
        self._outbox.drop_audio()
        self._outbox.put({"type": "Cleared", "sequence_id": self._next()})

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence - 1

    async def _speak(self) -> None:
        work, voice = self._work, Voice(self._engines, self._options, self._request_id)
        while True:
            item = await work.get()
            try:
                if isinstance(item, _Flush):
                    self._send(voice.end())
                    voice = Voice(self._engines, self._options, self._request_id)
                    self._outbox.put({"type": "Flushed", "sequence_id": self._next()})
                else:
                    first = not voice.has_begun
                    audio = await voice.speak(item.text)
                    self._send(audio)
                    if first:
                        self._record_first(item, len(audio))
            except Exception:
                _log.exception(
                    "tts.failed", message="A piece of text could not be spoken.", request_id=self._request_id
                )
                self._outbox.put(
                    {"type": "Warning", "code": "SYNTHESIS", "description": "A piece could not be spoken."}
                )
            finally:
                work.task_done()

    def _send(self, audio: bytes) -> None:
        size = int(self._options.sample_rate * _CHUNK_SECONDS) * 2
        for start in range(0, len(audio), size):
            self._outbox.put(audio[start : start + size])

    def _record_first(self, piece: _Piece, size: int) -> None:
        self._engines.timings.add(
            Timing(
                kind="speak.first",
                request_id=self._request_id,
                at=time.time(),
                audio_ms=round(size / 2 / self._options.sample_rate * 1000, 1),
                lag_ms=round((time.perf_counter() - piece.arrived_at) * 1000, 1),
            )
        )


async def synthesize(request: web.Request, engines: Engines, request_id: str, _: Connection) -> web.StreamResponse:
    """Speech for `{"text": …}`, streamed piece by piece. Raises VendorError."""
    options = speak_options(request.query, streaming=False)
    text = await _text(request)
    response = web.StreamResponse(
        headers={
            "Content-Type": "audio/wav" if options.container == "wav" else "audio/l16",
            "dg-request-id": request_id,
            "dg-model-name": synthesizer.NAME,
            "dg-char-count": str(len(text)),
        }
    )
    await response.prepare(request)
    if options.container == "wav":
        await response.write(wav_header(options.sample_rate))
    async for audio in _pieces(Voice(engines, options, request_id), text):
        await response.write(audio)
    await response.write_eof()
    return response


async def _pieces(voice: Voice, text: str) -> AsyncIterator[bytes]:
    pieces, _ = synthesizer.take_pieces(text, first=True, complete=True)
    for piece in pieces:
        yield await voice.speak(piece)
    yield voice.end()


async def _text(request: web.Request) -> str:
    try:
        body: Any = await request.json()
        text = body["text"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise errors.VendorError(
            400, "Bad Request", "Content-type was application/json, but we could not process the JSON payload."
        ) from None
    if not isinstance(text, str) or not text.strip():
        raise errors.bad_request("`text` must be a string that is not empty.")
    if len(text) > _MAX_TEXT:
        raise errors.VendorError(
            413, "PAYLOAD_TOO_LARGE", f"Input text exceeds the maximum character limit of {_MAX_TEXT}."
        )
    return text
