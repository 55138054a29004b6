"""Targets that must never be reached: addresses as somebody enters them, and IP addresses that names resolve to."""

import json
from pathlib import Path

_TARGETS = json.loads((Path(__file__).parent / "hostile_targets.json").read_text())
HOSTILE_URLS: list[str] = [url for urls in _TARGETS["urls"].values() for url in urls]
HOSTILE_ADDRESSES: list[str] = _TARGETS["addresses"]
