"""The official LiveKit plugin against the real process: what the worker will hear and say."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import aiohttp
import numpy as np
import pytest
from livekit import rtc
from livekit.agents import APIConnectOptions, APIStatusError, stt
from livekit.agents.utils import is_given
from livekit.plugins import deepgram

from local_providers.deepgram.audio import Samples
from tests.providers.support import KEY, RATE, Server, pcm, silence, words

pytestmark = pytest.mark.provider

Say = Callable[[str], Samples]
SpeechType = stt.SpeechEventType


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def recognizer(server: Server, session: aiohttp.ClientSession, endpointing_ms: int = 200) -> deepgram.STT:
    return deepgram.STT(
        api_key=KEY, base_url=f"{server.http}/v1/listen", http_session=session, endpointing_ms=endpointing_ms
    )


def frame(samples: Samples) -> rtc.AudioFrame:
    return rtc.AudioFrame(pcm(samples), RATE, 1, len(samples))


async def hear(
    recognizer: deepgram.STT, audio: Samples, count: int = 1
) -> tuple[list[stt.SpeechEvent], dict[int, float]]:
    """Play `audio` in real time until `count` ends of speech; the events, and when each arrived in seconds of audio."""
    stream = recognizer.stream()
    events: list[stt.SpeechEvent] = []
    at: dict[int, float] = {}
    began = time.perf_counter()

    async def play() -> None:
        for start in range(0, len(audio), 320):
            await asyncio.sleep(max(0, began + (start + 320) / RATE - time.perf_counter()))
            stream.push_frame(frame(audio[start : start + 320]))
        stream.end_input()

    async def listen() -> None:
        async for event in stream:
            at[len(events)] = time.perf_counter() - began
            events.append(event)

    async with asyncio.timeout(len(audio) / RATE + 20):
        await asyncio.gather(play(), listen())
    await stream.aclose()
    return events, at


def finals(events: list[stt.SpeechEvent]) -> str:
    return " ".join(event.alternatives[0].text for event in events if event.type is SpeechType.FINAL_TRANSCRIPT)


async def test_a_sentence_is_heard_while_it_is_spoken_and_final_when_it_ends(
    server: Server, session: aiohttp.ClientSession, say: Say
) -> None:
    speech = say("What are your opening hours on Saturday?")
    audio = np.concatenate([silence(0.7), speech, silence(1.5)])
    events, at = await hear(recognizer(server, session), audio)
    kinds = [event.type for event in events if event.type is not SpeechType.RECOGNITION_USAGE]
    assert kinds[0] is SpeechType.START_OF_SPEECH
    assert SpeechType.INTERIM_TRANSCRIPT in kinds
    assert kinds[-2:] == [SpeechType.FINAL_TRANSCRIPT, SpeechType.END_OF_SPEECH]
    assert words(finals(events)) == words("What are your opening hours on Saturday?")
    final = next(index for index, event in enumerate(events) if event.type is SpeechType.FINAL_TRANSCRIPT)
    end_of_speech = 0.7 + len(speech) / RATE
    assert end_of_speech < at[final] < end_of_speech + 1.0
    timed = events[final].alternatives[0].words
    assert timed
    starts = [word.start_time for word in timed if is_given(word.start_time)]
    assert len(starts) == len(timed)
    assert starts == sorted(starts)
    assert 0.4 < starts[0] < 1.1
    assert end_of_speech - 0.6 < events[final].alternatives[0].end_time < end_of_speech + 0.2


@pytest.mark.parametrize("text", ["Yes.", "No.", "Goodbye."])
async def test_a_single_word_is_heard_once(server: Server, session: aiohttp.ClientSession, say: Say, text: str) -> None:
    events, _ = await hear(recognizer(server, session), np.concatenate([silence(0.5), say(text), silence(1)]))
    assert words(finals(events)) == words(text)


async def test_several_calls_at_once_each_hear_their_own(
    server: Server, session: aiohttp.ClientSession, say: Say
) -> None:
    texts = [
        "I would like to book a viewing.",
        "How much is the rent?",
        "Do you allow pets in the building?",
        "Goodbye.",
    ]
    results = await asyncio.gather(
        *(
            hear(recognizer(server, session), np.concatenate([silence(0.4 + 0.1 * n), say(text), silence(1.2)]))
            for n, text in enumerate(texts)
        )
    )
    assert [words(finals(events)) for events, _ in results] == [words(text) for text in texts]


async def test_a_long_utterance_is_heard_to_its_end(server: Server, session: aiohttp.ClientSession, say: Say) -> None:
    text = (
        "We moved here about three years ago because of my job, and since then we have been renting, "
        "but now that the second child is on its way we are looking for something with a garden, "
        "ideally close to a good primary school, and not too far from the station."
    )
    events, _ = await hear(recognizer(server, session), np.concatenate([silence(0.3), say(text), silence(1)]))
    final_words = words(finals(events))
    assert final_words[:3] == ["we", "moved", "here"]
    assert final_words[-3:] == ["from", "the", "station"]
    assert len(set(words(text)) - set(final_words)) <= 4


@pytest.mark.parametrize("level", [0.0, 0.001, 0.02, 0.1])
async def test_silence_and_noise_are_nothing(server: Server, session: aiohttp.ClientSession, level: float) -> None:
    noise = np.random.default_rng(7).standard_normal(RATE * 4).astype(np.float32) * level
    events, _ = await hear(recognizer(server, session), noise)
    assert finals(events) == ""


async def test_speech_in_noise_is_heard(server: Server, session: aiohttp.ClientSession, say: Say) -> None:
    audio = np.concatenate([silence(0.5), say("What are your opening hours on Saturday?"), silence(1)])
    audio += np.random.default_rng(3).standard_normal(len(audio)).astype(np.float32) * 0.01
    events, _ = await hear(recognizer(server, session), audio)
    assert words(finals(events)) == words("What are your opening hours on Saturday?")


async def test_a_recording_is_recognized(server: Server, session: aiohttp.ClientSession, say: Say) -> None:
    event = await recognizer(server, session).recognize(frame(say("How much is the rent?")))
    assert words(event.alternatives[0].text) == words("How much is the rent?")


async def test_a_wrong_key_is_an_error_that_says_so(server: Server, session: aiohttp.ClientSession) -> None:
    wrong = deepgram.STT(api_key="wrong", base_url=f"{server.http}/v1/listen", http_session=session)
    stream = wrong.stream(conn_options=APIConnectOptions(max_retry=0))
    with pytest.raises(APIStatusError, match="status_code=401"):
        async for _ in stream:
            pass
    await stream.aclose()


async def speak(voice: deepgram.TTS, text: str) -> tuple[Samples, float]:
    """The audio of one streamed reply, and the seconds until its first frame."""
    stream = voice.stream()
    began = time.perf_counter()
    first = 0.0
    parts: list[Samples] = []
    for word in text.split():
        stream.push_text(word + " ")
    stream.end_input()
    async for audio in stream:
        first = first or time.perf_counter() - began
        parts.append(np.frombuffer(audio.frame.data, np.int16).astype(np.float32) / np.float32(32768))
    await stream.aclose()
    return np.concatenate(parts), first


@pytest.mark.parametrize("rate", [16_000, 24_000, 48_000])
async def test_a_reply_is_spoken_at_once_and_can_be_understood(
    server: Server, session: aiohttp.ClientSession, rate: int
) -> None:
    voice = deepgram.TTS(api_key=KEY, base_url=f"{server.http}/v1/speak", http_session=session, sample_rate=rate)
    text = "The apartment is available from the first of December. Would you like to see it?"
    audio, first = await speak(voice, text)
    assert first < 1.0
    audible = np.flatnonzero(np.abs(audio) > 0.01)
    assert audible[0] / rate < 0.05
    assert 3 < len(audio) / rate < 8
    listener = deepgram.STT(api_key=KEY, base_url=f"{server.http}/v1/listen", http_session=session)
    recognition = await listener.recognize(rtc.AudioFrame(pcm(audio), rate, 1, len(audio)))
    assert words(recognition.alternatives[0].text)[-6:] == words("Would you like to see it")
    await voice.aclose()


async def test_one_connection_speaks_many_replies(server: Server, session: aiohttp.ClientSession) -> None:
    voice = deepgram.TTS(api_key=KEY, base_url=f"{server.http}/v1/speak", http_session=session)
    lengths = [len((await speak(voice, text))[0]) for text in ("Sure.", "We are open until five.", "Sure.")]
    assert lengths[1] > lengths[0]
    assert abs(lengths[2] - lengths[0]) < 2400
    await voice.aclose()


async def test_a_reply_by_post(server: Server, session: aiohttp.ClientSession) -> None:
    voice = deepgram.TTS(api_key=KEY, base_url=f"{server.http}/v1/speak", http_session=session)
    frames = [audio.frame async for audio in voice.synthesize("We are open until five.")]
    assert 1 < sum(frame.duration for frame in frames) < 4
    await voice.aclose()
