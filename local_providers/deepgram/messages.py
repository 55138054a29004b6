"""What `listen` sends: one function a message, field by field as in the SDK's `ListenV1…` models."""

import re
import uuid
from collections.abc import Sequence
from datetime import datetime

from local_providers.deepgram.recognizer import Word
from quantum_app.settings import VERSION

Message = dict[str, object]

_NAMESPACE = uuid.UUID("5b5bd6c0-7d2c-5b0e-9d3c-2f1f6f9b8a11")


def model_uuid(name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, name))


def bare(text: str) -> str:
    """A word as Deepgram's `word`: lower case, without the punctuation around it."""
    return re.sub(r"^[^\w]+|[^\w]+$", "", text.lower()) or text.lower()


def shifted(words: Sequence[Word], offset: float, earliest: float, latest: float) -> list[Word]:
    """The words on the stream's clock, in seconds, kept inside the stretch that was heard."""

    def clamp(time: float) -> float:
        return round(min(max(time + offset, earliest), latest), 3)

    return [Word(word.text, clamp(word.start), clamp(word.end), word.confidence) for word in words]


def alternative(words: Sequence[Word], *, formatted: bool) -> Message:
    """formatted: punctuation and capitals as written (`punctuate` or `smart_format`), else bare words."""
    items: list[Message] = []
    for word in words:
        item: Message = {
            "word": bare(word.text),
            "start": word.start,
            "end": word.end,
            "confidence": round(word.confidence, 4),
        }
        if formatted:
            item["punctuated_word"] = word.text
        items.append(item)
    confidence = sum(word.confidence for word in words) / len(words) if words else 0.0
    return {
        "transcript": " ".join(word.text if formatted else bare(word.text) for word in words),
        "confidence": round(confidence, 4),
        "words": items,
    }


def model_info(name: str) -> Message:
    return {"name": name, "version": VERSION, "arch": "whisper"}


def results(
    *,
    request_id: str,
    model: str,
    channel: tuple[int, int],
    start: float,
    duration: float,
    words: Sequence[Word],
    formatted: bool,
    is_final: bool,
    speech_final: bool = False,
    from_finalize: bool = False,
) -> Message:
    """Times in seconds on the stream's clock; `channel` is (index, count)."""
    return {
        "type": "Results",
        "channel_index": list(channel),
        "duration": round(duration, 3),
        "start": round(start, 3),
        "is_final": is_final,
        "speech_final": speech_final,
        "channel": {"alternatives": [alternative(words, formatted=formatted)]},
        "metadata": {"request_id": request_id, "model_info": model_info(model), "model_uuid": model_uuid(model)},
        "from_finalize": from_finalize,
    }


def speech_started(channel: tuple[int, int], timestamp: float) -> Message:
    return {"type": "SpeechStarted", "channel": list(channel), "timestamp": round(timestamp, 3)}


def utterance_end(channel: tuple[int, int], last_word_end: float) -> Message:
    return {"type": "UtteranceEnd", "channel": list(channel), "last_word_end": round(last_word_end, 3)}


def metadata(*, request_id: str, model: str, sha256: str, created: datetime, duration: float, channels: int) -> Message:
    """The last message of a stream."""
    return {
        "type": "Metadata",
        "transaction_key": "deprecated",
        "request_id": request_id,
        "sha256": sha256,
        "created": created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "duration": round(duration, 3),
        "channels": channels,
        "models": [model_uuid(model)],
        "model_info": {model_uuid(model): model_info(model)},
    }


def prerecorded(summary: Message, tracks: Sequence[Sequence[Word]], *, formatted: bool) -> Message:
    """The answer to `POST /v1/listen`; `summary` is what `metadata` gave."""
    return {
        "metadata": {key: value for key, value in summary.items() if key != "type"},
        "results": {"channels": [{"alternatives": [alternative(words, formatted=formatted)]} for words in tracks]},
    }
