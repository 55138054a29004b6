"""`make generate`: what is derived from the code. `make check` fails when a file is stale."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops.generate import sample_calls
from ops.generate.catalog import catalog
from ops.generate.typescript import constant, interfaces
from ops.home import ROOT

OPENAPI = "docs/openapi.json"
TYPES = "frontend/src/generated/api.ts"
CATALOG = "frontend/src/generated/catalog.ts"


def main(argv: list[str]) -> int:
    """Writes each file that is stale and prints its name."""
    del argv
    for name, text in files().items():
        path = ROOT / name
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            print(f"wrote {name}")
    print("Next: make check")
    return 0


def stale(root: Path) -> list[str]:
    """One line for each file that is not what the code says."""
    return [
        f"{name}: stale, run make generate"
        for name, text in files().items()
        if not (root / name).exists() or (root / name).read_text() != text
    ]


def files() -> Mapping[str, str]:
    """The text of each file, by its path."""
    from quantum_app.api.app import api

    document = api.openapi()
    return {
        OPENAPI: f"{json.dumps(document, indent=1, ensure_ascii=False)}\n",
        TYPES: interfaces(_schemas(document)),
        CATALOG: constant("catalog", catalog()),
        sample_calls.PATH: sample_calls.text(),
    }


def _schemas(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return dict(sorted(document["components"]["schemas"].items()))
