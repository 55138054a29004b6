"""The assistant's voice on its way into the room.

LiveKit's own output keeps 200 ms queued, goes on for up to 50 ms after it is told to pause, and drops what was queued:
a caller who says "mhm" would lose a word. This one stops at once, and resumes at the last quiet moment before the point
where it stopped. It can also pause softly: fall silent for a moment on the mere suspicion that the caller speaks, and
go on with the very next sample if they don't.
"""

import asyncio
import time

import numpy as np
from livekit import rtc
from livekit.agents.voice import io

SAMPLE_RATE = 24_000
FRAME = SAMPLE_RATE // 50
# Seconds queued ahead of the network: enough for a busy event loop. Dropped at once on a pause.
BUFFER_AHEAD = 0.12
# How far back a resumed sentence may start, in seconds.
REWIND = 0.4
# Mean square of samples below which nothing can be heard.
SILENCE_POWER = 30.0**2
# Seconds of a soft pause after the last speech onset, and at most. Voice activity detection needs that long to be sure,
# longer after an "s" than after an "o".
SOFT_PAUSE = 0.2
MAX_SOFT_PAUSE = 0.6
# Seconds without another soft pause after a false one: clatter must not make the voice stammer.
SOFT_PAUSE_COOLDOWN = 3.0
# Seconds for which the tail of a backchannel, still detected as speech, doesn't pause the voice again.
BACKCHANNEL_TAIL = 0.4
# Segments less than this apart, in seconds, are heard as one speech.
SAME_SPEECH_WITHIN = 1.0


def find_resume_point(samples: np.ndarray, end: int) -> int:
    """The sample where a sentence resumes: the end of the quietest moment in the `REWIND` seconds before `end`."""
    start = max(0, end - int(REWIND * SAMPLE_RATE))
    count = (end - start) // FRAME
    if count < 2:
        return start
    energy = np.square(samples[start : start + count * FRAME].astype(np.float32)).reshape(count, FRAME).mean(axis=1)
    place = int(np.argmin(energy))
    while place + 1 < count and energy[place + 1] <= max(SILENCE_POWER, energy[place]):
        place += 1
    return start + place * FRAME


class AudioOutput(io.AudioOutput):
    """Publishes one track. A segment is the audio captured between two flushes."""

    def __init__(self, room: rtc.Room) -> None:
        super().__init__(
            label="AudioOutput",
            sample_rate=SAMPLE_RATE,
            capabilities=io.AudioOutputCapabilities(pause=True),
        )
        self._room = room
        self._source = rtc.AudioSource(SAMPLE_RATE, 1, queue_size_ms=400)
        self._segment = bytearray()
        self._position = 0  # bytes of the segment handed to the source
        self._open = False
        self._flushed = False
        self._started = False
        self._paused = False
        self._soft_pause_timer: asyncio.TimerHandle | None = None
        self._soft_pause_allowed_at = 0.0
        self._pause_allowed_at = 0.0
        self._state_change = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._last_sound = 0.0  # `time.monotonic()` when the last frame was handed over
        self.speaking_since = 0.0  # `time.monotonic()` when the latest speech began, of one segment or several

    async def start(self) -> None:
        """Publish the track. Audio waits until somebody subscribes."""
        track = rtc.LocalAudioTrack.create_audio_track("assistant", self._source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        publication = await self._room.local_participant.publish_track(track, options)
        self._task = asyncio.create_task(self._play(publication))

    async def aclose(self) -> None:
        self._release()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._source.aclose()

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        self._open = True
        self._segment += frame.data.tobytes()
        self._state_change.set()

    def flush(self) -> None:
        super().flush()
        self._flushed = self._open
        self._state_change.set()

    def clear_buffer(self) -> None:
        if not self._open:
            return
        position = self._playhead()
        self._source.clear_queue()
        self._release()
        self._finish(position, interrupted=True)

    def soft_pause(self) -> None:
        """Fall silent at once, for a moment. Does nothing while paused, or soon after a false one."""
        now = time.monotonic()
        if self._soft_pause_timer is not None:
            self._soft_pause_timer.cancel()
        elif self._paused or not self.mid_utterance or now < self._soft_pause_allowed_at:
            return
        else:
            self._soft_pause_allowed_at = now + SOFT_PAUSE_COOLDOWN
            self._pause_allowed_at = 0.0
            self._position = self._playhead()
            self._source.clear_queue()
            self._state_change.set()
        rest = self._soft_pause_allowed_at - SOFT_PAUSE_COOLDOWN + MAX_SOFT_PAUSE - now
        self._soft_pause_timer = asyncio.get_running_loop().call_later(min(SOFT_PAUSE, rest), self._release)

    def _release(self) -> None:
        if self._soft_pause_timer is not None:
            self._soft_pause_timer.cancel()
            self._soft_pause_timer = None
            self._state_change.set()

    def resume_after_backchannel(self) -> None:
        """Go on without waiting for the end of the sound that paused it: it was a backchannel."""
        if self._paused:
            self._pause_allowed_at = time.monotonic() + BACKCHANNEL_TAIL
            self.resume()

    def pause(self) -> None:
        super().pause()
        if self._paused or time.monotonic() < self._pause_allowed_at:
            return
        self._paused = True
        self._soft_pause_allowed_at = 0.0
        if self._open and self._started:
            position = self._playhead() // 2
            self._source.clear_queue()
            self._position = find_resume_point(np.frombuffer(bytes(self._segment), np.int16), position) * 2

    def resume(self) -> None:
        super().resume()
        self._paused = False
        self._release()
        self._state_change.set()

    @property
    def mid_utterance(self) -> bool:
        """Whether an utterance is being spoken, or is paused in the middle."""
        return self._open and self._started

    def _playhead(self) -> int:
        """Bytes of the segment that have left the queue."""
        queued = int(self._source.queued_duration * SAMPLE_RATE) * 2
        return max(0, min(self._position, len(self._segment)) - queued)

    def _finish(self, position: int, *, interrupted: bool) -> None:
        self._segment = bytearray()
        self._position = 0
        self._open = self._flushed = self._started = False
        self.on_playback_finished(playback_position=position / 2 / SAMPLE_RATE, interrupted=interrupted)

    async def _play(self, publication: rtc.LocalTrackPublication) -> None:
        await publication.wait_for_subscription()
        while True:
            piece = self._next_frame()
            if piece is not None:
                if not self._started:
                    self._started = True
                    if time.monotonic() - self._last_sound > SAME_SPEECH_WITHIN:
                        self.speaking_since = time.monotonic()
                    self.on_playback_started(created_at=time.time())
                self._position += len(piece)
                self._last_sound = time.monotonic()
                count = len(piece) // 2
                await self._source.capture_frame(rtc.AudioFrame(piece, SAMPLE_RATE, 1, count))
            elif self._flushed and not self._paused and self._position >= len(self._segment):
                await self._drain()
            else:
                self._state_change.clear()
                await self._state_change.wait()
                continue
            if (ahead := self._source.queued_duration) > BUFFER_AHEAD:
                await asyncio.sleep(ahead - BUFFER_AHEAD)

    def _next_frame(self) -> bytes | None:
        """The next frame, or None if there is nothing to send now. Only the last one of a segment may be short."""
        bytes_left = len(self._segment) - self._position
        if self._paused or self._soft_pause_timer or bytes_left <= 0 or (bytes_left < FRAME * 2 and not self._flushed):
            return None
        return bytes(self._segment[self._position : self._position + FRAME * 2])

    async def _drain(self) -> None:
        """Wait until the queue has been played, unless it is paused or cleared meanwhile."""
        self._state_change.clear()
        try:
            await asyncio.wait_for(self._state_change.wait(), self._source.queued_duration)
        except TimeoutError:
            if self._flushed and not self._paused and self._position >= len(self._segment):
                self._finish(len(self._segment), interrupted=False)
