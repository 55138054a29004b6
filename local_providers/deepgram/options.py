"""Query parameters of `listen` and `speak`, checked as Deepgram checks them."""

from dataclasses import dataclass

from multidict import MultiMapping

from local_providers.deepgram.errors import bad_parameter, bad_request

MIN_ENDPOINTING_MS = 80
"""The shortest silence that ends an utterance, whatever `endpointing` says: shorter gaps occur inside words."""


@dataclass(frozen=True)
class ListenOptions:
    """endpointing_ms: silence that makes a result `speech_final`; None never does. utterance_end_ms: None sends none.

    Accepted and without effect here, as the model has no such thing: profanity_filter, redact, diarize, keywords,
    filler_words, numerals, dictation, replace, search, no_delay, tag, mip_opt_out, extra, version.
    `smart_format` means punctuation and capitals; numbers are written as Whisper writes them.
    """

    encoding: str | None
    sample_rate: int
    channels: int
    multichannel: bool
    interim_results: bool
    endpointing_ms: int | None
    utterance_end_ms: int | None
    vad_events: bool
    formatted: bool
    language: str
    hint: str


@dataclass(frozen=True)
class SpeakOptions:
    """container: `none` or `wav`. speed: 1.0 is the voice's own pace."""

    sample_rate: int
    container: str
    speed: float


def listen_options(query: MultiMapping[str]) -> ListenOptions:
    """Raises VendorError 400."""
    encoding = query.get("encoding")
    if encoding not in (None, "linear16"):
        raise bad_parameter(f"unknown variant `{encoding}`, expected `linear16`")
    channels = _integer(query, "channels", 1, 1, 8)
    endpointing = query.get("endpointing", "10")
    milliseconds = None if endpointing == "false" else _integer(query, "endpointing", 10, 0, 10_000)
    utterance_end = query.get("utterance_end_ms")
    options = ListenOptions(
        encoding=encoding,
        sample_rate=_integer(query, "sample_rate", 16_000, 8_000, 48_000),
        channels=channels,
        multichannel=_flag(query, "multichannel"),
        interim_results=_flag(query, "interim_results"),
        endpointing_ms=None if milliseconds is None else max(milliseconds, MIN_ENDPOINTING_MS),
        utterance_end_ms=None if utterance_end is None else _integer(query, "utterance_end_ms", 1000, 1000, 5000),
        vad_events=_flag(query, "vad_events"),
        formatted=_flag(query, "punctuate") or _flag(query, "smart_format"),
        language=query.get("language", "en"),
        hint=", ".join([*query.getall("keyterm", [])]),
    )
    if options.utterance_end_ms is not None and not options.interim_results:
        raise bad_request("utterance_end_ms requires interim_results=true.")
    return options


def speak_options(query: MultiMapping[str], *, streaming: bool) -> SpeakOptions:
    """Raises VendorError 400. Without `encoding` Deepgram answers MP3 to a POST; that is refused here."""
    encoding = query.get("encoding", "linear16" if streaming else "mp3")
    if encoding != "linear16":
        raise bad_parameter(f"unknown variant `{encoding}`, expected `linear16` (the only encoding of this server)")
    rate = _integer(query, "sample_rate", 24_000, 8_000, 48_000)
    if rate not in (8_000, 16_000, 24_000, 32_000, 48_000):
        raise bad_parameter("`sample_rate` must be one of 8000, 16000, 24000, 32000, 48000 for `linear16`")
    container = query.get("container", "none" if streaming else "wav")
    if container not in ("none", "wav"):
        raise bad_parameter(f"unknown variant `{container}`, expected `none` or `wav`")
    try:
        speed = float(query.get("speed", "1"))
    except ValueError:
        raise bad_parameter("`speed` must be a number from 0.7 to 1.5") from None
    if not 0.7 <= speed <= 1.5:
        raise bad_parameter("`speed` must be a number from 0.7 to 1.5")
    return SpeakOptions(rate, container, speed)


def _integer(query: MultiMapping[str], name: str, default: int, low: int, high: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit()):
        raise bad_parameter(f"invalid digit found in string for `{name}`")
    value = int(text[:9])
    if not low <= value <= high:
        raise bad_parameter(f"`{name}` must be from {low} to {high}")
    return value


def _flag(query: MultiMapping[str], name: str) -> bool:
    text = query.get(name, "false").lower()
    if text not in ("true", "false"):
        raise bad_parameter(f"provided string was not `true` or `false` for `{name}`")
    return text == "true"
