"""Settings → the speech parts of a call: recognizer, voice, activity detector, how turns are handled."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from livekit import rtc
from livekit.agents import AgentSession, APIConnectOptions, TurnHandlingOptions, inference, llm, stt, tts
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.plugins import deepgram

from agent_worker.audio.output import SAMPLE_RATE
from agent_worker.audio.pronunciation import pronounce_addresses
from agent_worker.turn_detection.detector import VAD_SILENCE, TurnDetector
from quantum_app.domain.flows.model.voices import VOICES
from quantum_app.settings import Deepgram

# What the microphone is cut into and resampled to: what the recognizer and both local models want.
INPUT_RATE = 16_000
INPUT_FRAME_MS = 10
# After the end of a back-channel; words that are more than that have come by then.
FALSE_INTERRUPTION_TIMEOUT = 0.08
# Speech that gave no words after this many seconds will give none.
TRANSCRIPTION_TIMEOUT = 3.0
# What was said while hanging up is recognized after this many seconds, or never.
FINAL_TRANSCRIPT_TIMEOUT = 1.0
_CONNECT = APIConnectOptions(max_retry=1, retry_interval=0.1, timeout=4.0)


@dataclass(frozen=True, slots=True)
class SpeechProviders:
    """Who hears and speaks for a call. local: engines on this machine do, which cost nothing."""

    stt: stt.STT[Any]
    tts: tts.TTS[Any]
    is_local: bool


def create_speech_providers(settings: Deepgram, voice_name: str) -> SpeechProviders:
    """The recognizer and the voice that the settings name. voice_name: the flow's voice; an unknown one is ignored."""
    return SpeechProviders(create_stt(settings), create_tts(settings, voice_name), settings.is_local)


def create_stt(settings: Deepgram) -> stt.STT[Any]:
    """Deepgram's streaming recognition, or whatever speaks its protocol at `base_url`."""
    return deepgram.STT(
        model=settings.stt_model,
        language="en",
        interim_results=True,
        punctuate=True,
        smart_format=True,
        filler_words=True,
        endpointing_ms=100,
        sample_rate=INPUT_RATE,
        api_key=settings.api_key.get_secret_value(),
        base_url=f"{settings.base_url}/v1/listen",
    )


def create_tts(settings: Deepgram, voice_name: str) -> tts.TTS[Any]:
    """A Deepgram voice, or one that speaks its protocol. voice_name: of the flow; an unknown one is ignored."""
    return deepgram.TTS(
        model=voice_name if voice_name in VOICES else settings.tts_model,
        sample_rate=SAMPLE_RATE,
        api_key=settings.api_key.get_secret_value(),
        base_url=f"{settings.base_url}/v1/speak",
    )


def create_session(
    listening: stt.STT[Any], voice: tts.TTS[Any], language_model: llm.LLM[Any], turn_taking: TurnDetector
) -> AgentSession[None]:
    """The session of one call. Everything LiveKit would choose by itself is chosen here."""
    handling: TurnHandlingOptions = {
        "turn_detection": turn_taking,
        "endpointing": {"mode": "fixed", "min_delay": 0.0, "max_delay": 0.0},
        "interruption": {
            "mode": "vad",
            "min_duration": 0.06,
            "resume_false_interruption": True,
            "false_interruption_timeout": FALSE_INTERRUPTION_TIMEOUT,
        },
        "preemptive_generation": {
            "enabled": True,
            "preemptive_tts": True,
            "max_speech_duration": 60.0,
            "max_retries": 20,
        },
    }
    return AgentSession(
        stt=listening,
        tts=voice,
        llm=language_model,
        vad=inference.VAD(min_silence_duration=VAD_SILENCE),
        turn_handling=handling,
        aec_warmup_duration=None,
        user_away_timeout=None,
        transcription_timeout=TRANSCRIPTION_TIMEOUT,
        tts_text_transforms=[pronounce_addresses, "filter_markdown", "filter_emoji"],
        session_close_transcript_timeout=FINAL_TRANSCRIPT_TIMEOUT,
        conn_options=SessionConnectOptions(
            stt_conn_options=_CONNECT, tts_conn_options=_CONNECT, max_unrecoverable_errors=1_000_000
        ),
    )


async def synthesize_phrases(voice: tts.TTS[Any], phrases: Sequence[str]) -> dict[str, list[rtc.AudioFrame]]:
    """The phrases as audio, to be played without asking anybody. A phrase that fails is left out."""

    async def synthesize(phrase: str) -> tuple[str, list[rtc.AudioFrame]]:
        async with voice.synthesize(phrase, conn_options=_CONNECT) as stream:
            return phrase, [event.frame async for event in stream]

    results = await asyncio.gather(*(synthesize(phrase) for phrase in phrases), return_exceptions=True)
    return {item[0]: item[1] for item in results if not isinstance(item, BaseException)}
