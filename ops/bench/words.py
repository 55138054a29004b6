"""Word error after the usual normalisation: what counts is which words were said, not how they are written.

Lower case, no punctuation, no hesitation sounds, contractions spelt out, British spelling made American, `@` and dots
inside addresses spoken, currency after its amount, and numbers of any form as their digits one by one ("twenty five",
"25" and "2 5" are the same).
"""

import re
from collections.abc import Sequence

import numpy as np

_UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_ORDINALS = {
    "first": "one", "second": "two", "third": "three", "fifth": "five", "eighth": "eight", "ninth": "nine",
    "twelfth": "twelve", "twentieth": "twenty", "thirtieth": "thirty",
}  # fmt: skip
_CONTRACTIONS = (
    (r"\bwon't\b", "will not"),
    (r"\bcan't\b", "can not"),
    (r"\bcannot\b", "can not"),
    (r"n't\b", " not"),
    (r"\b(it|that|what|where|who|how|there|here|he|she|let)'s\b", r"\1 is"),
    (r"'re\b", " are"),
    (r"'ll\b", " will"),
    (r"'ve\b", " have"),
    (r"'d\b", " would"),
    (r"\bi'm\b", "i am"),
    (r"\b(gonna)\b", "going to"),
    (r"\b(wanna)\b", "want to"),
)
_SPELLINGS = {
    "centre": "center", "metre": "meter", "metres": "meters", "harbour": "harbor", "colour": "color", "okay": "ok",
    "mister": "mr", "doctor": "dr", "euro": "euros", "dollar": "dollars", "mum": "mom",
}  # fmt: skip
_COMPOUNDS = (
    (r"\be[- ]mail", "email"),
    (r"\bwi[- ]fi\b", "wifi"),
    (r"\bpay slip", "payslip"),
    (r"\bsub let", "sublet"),
)
_SOUNDS = {"um", "uh", "uhm", "erm", "er", "hmm", "mm", "mhm", "ah"}
_CURRENCY = {"$": "dollars", "€": "euros", "£": "pounds"}


def normalize(text: str) -> list[str]:
    """The words of `text` in the one form that is compared."""
    low = text.lower().replace("’", "'")
    low = re.sub(r"([$€£])\s?(\d[\d,.]*\d|\d)", lambda match: f"{match[2]} {_CURRENCY[match[1]]}", low)
    low = low.replace("€", " euros ").replace("%", " percent ").replace("@", " at ").replace("&", " and ")
    low = re.sub(r"\b([ap])\.\s?m\b\.?", r"\1m", low)
    low = re.sub(r"(\d)(am|pm)\b", r"\1 \2", low)
    low = re.sub(r"(\d),(?=\d{3}\b)", r"\1", low)
    low = re.sub(r"(\d)(st|nd|rd|th)\b", r"\1", low)
    for pattern, plain in (*_COMPOUNDS, *_CONTRACTIONS):
        low = re.sub(pattern, plain, low)
    # A dot inside a word is spoken; at its end it is punctuation.
    low = re.sub(r"(?<=[a-z0-9])\.(?=[a-z])", " dot ", low)
    low = re.sub(r"(?<=\d)[.:](?=\d)", " ", low).replace("'s", "s").replace("'", "")
    tokens: list[str] = re.findall(r"[a-z]+|\d+", low)
    words = [_SPELLINGS.get(word, word) for word in tokens]
    return _digits([word for word in words if word not in _SOUNDS])


def _digits(words: list[str]) -> list[str]:
    """Every number, written or spelt, as its digits."""
    out: list[str] = []
    index = 0
    while index < len(words):
        value, count = _number(words, index)
        if count:
            out.extend(str(value))
            index += count
        elif words[index].isdigit():
            out.extend(words[index])
            index += 1
        else:
            out.append(words[index])
            index += 1
    return out


def _number(words: list[str], start: int) -> tuple[int, int]:
    """The number spelt from `start` on and how many words it takes; (0, 0) where there is none."""
    total, part, count, last = 0, 0, 0, ""
    for index in range(start, len(words)):
        word = _ORDINALS.get(
            words[index], words[index].removesuffix("th") if words[index].endswith("th") else words[index]
        )
        value = int(word) if word.isdigit() and index > start else None
        if word in _SCALES and (count or words[start : index + 1] == [word]):
            scale = _SCALES[word]
            part = max(part, 1) * scale
            if scale >= 1000:
                total, part = total + part, 0
            last = "scale"
        elif word in _TENS and last in ("", "scale"):
            part, last = part + _TENS[word], "tens"
        elif word in _UNITS and (last in ("", "scale") or (last == "tens" and 0 < _UNITS[word] < 10)):
            part, last = part + _UNITS[word], "unit"
        elif word == "and" and last == "scale" and index + 1 < len(words) and words[index + 1] in {**_UNITS, **_TENS}:
            continue
        elif value is not None and last == "scale":
            part, last = part + value, "unit"
        else:
            break
        count = index + 1 - start
    return total + part, count


def edits(reference: Sequence[str], hypothesis: Sequence[str]) -> int:
    """Substitutions, insertions and deletions between the two (Levenshtein distance)."""
    row = np.arange(len(hypothesis) + 1)
    for number, word in enumerate(reference, start=1):
        step = np.minimum(row[1:] + 1, row[:-1] + np.array([word != other for other in hypothesis], dtype=int))
        row = np.concatenate(([number], step))
        # An insertion costs one more than its left neighbour.
        row = np.minimum.accumulate(row - np.arange(len(row))) + np.arange(len(row))
    return int(row[-1])


def word_error(pairs: Sequence[tuple[str, str]]) -> float:
    """Edits over words said, for pairs of (said, heard). 0 for no pairs."""
    normal = [(normalize(reference), normalize(hypothesis)) for reference, hypothesis in pairs]
    words = sum(len(reference) for reference, _ in normal)
    return sum(edits(reference, hypothesis) for reference, hypothesis in normal) / words if words else 0.0
