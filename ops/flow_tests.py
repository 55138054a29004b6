"""`python -m ops.flow_tests FILE`: run a flow's saved test cases without the product, as in a CI pipeline.

Words are understood without a language model: by embeddings where an embedding server is set (`EMBEDDINGS_BASE_URL`,
or a running instance), else by rules.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from quantum_app.domain.flows.engine import exits
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.testing import test_case
from quantum_app.domain.flows.testing.test_case import Case
from quantum_app.domain.flows.validation import validator
from quantum_app.domain.knowledge import flow_knowledge
from quantum_app.errors import InvalidInput, QuantumError
from quantum_app.kit import log
from quantum_app.providers.embeddings import Embeddings
from quantum_app.providers.nlu.local import LocalNlu
from quantum_app.settings import settings


def read(file: Path) -> tuple[FlowDefinition, list[Case]]:
    """Read a flow and its test cases, from one file or from `NAME.cases.json` next to it. Raises InvalidInput."""
    content = _json(file)
    if not isinstance(content, dict):
        raise InvalidInput(f"{file} isn't a flow file.")
    document = cast("dict[str, Any]", content)
    beside = file.with_suffix(".cases.json")
    case_list: Any = document.get("cases", []) if "definition" in document else _json(beside) if beside.exists() else []
    if not isinstance(case_list, list):
        raise InvalidInput("The test cases must be a list.")
    definition = validator.load(document.get("definition", document))
    return definition, [test_case.read(item) for item in cast("list[Any]", case_list)]


async def test(definition: FlowDefinition, cases: Sequence[Case]) -> bool:
    """Run the test cases and print the results. Returns whether all passed."""
    embedder = Embeddings(settings().embeddings)
    knowledge_base = flow_knowledge.of_flow(definition, embedder)
    try:
        model = LocalNlu(embedder)
        options = exits.classifier_options(definition)
        await asyncio.gather(*(item.prepare() for item in set(knowledge_base.values())), model.prepare(options))
        results = [await test_case.run(definition, case, (model,), knowledge_base) for case in cases]
    finally:
        await embedder.aclose()
    for case, result in zip(cases, results, strict=True):
        _tell(f"{'ok  ' if result.ok else 'FAIL'}  {case.name}")
        for why in result.why:
            _tell(f"      {why}")
    pass_count = sum(result.ok for result in results)
    _tell(f"{pass_count} of {len(results)} test cases passed.")
    return pass_count == len(results)


def main(arguments: Sequence[str] | None = None) -> int:
    """0: all test cases passed. 1: some are not, or there are none. 2: the file cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m ops.flow_tests", description="Run the saved test cases of a flow.")
    parser.add_argument("file", type=Path, help="a flow with its test cases, or a flow with NAME.cases.json next to it")
    file: Path = parser.parse_args(arguments).file
    log.configure("console", "ERROR")
    try:
        definition, cases = read(file)
    except QuantumError as error:
        _tell(error.message, sys.stderr)
        return 2
    if not cases:
        _tell("There are no test cases to run.", sys.stderr)
        return 1
    return 0 if asyncio.run(test(definition, cases)) else 1


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{file} can't be read: {error}.") from None


def _tell(line: str, out: Any = None) -> None:
    (out or sys.stdout).write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
