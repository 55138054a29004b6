"""Names of files that people download."""

import re
import unicodedata

_LONGEST = 60


def file_stem(name: str, otherwise: str) -> str:
    """What a file about something of this name is called, in ASCII. otherwise: where nothing of the name is left."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:_LONGEST].strip("-") or otherwise
