"""Whether responses are what the API's description says."""

import re
from functools import cache
from typing import Any

import httpx
import jsonschema_rs

from quantum_app.api.app import api

PROBLEM = "application/problem+json"


async def verify(response: httpx.Response) -> None:
    """An event hook of httpx: every response of a route has a documented status, content type, and body."""
    operation = _operation(response.request.method, response.request.url.path)
    if operation is None or response.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
        return  # Nothing promises how it fails inside.
    await response.aread()
    name, responses = operation
    described_response = responses.get(str(response.status_code))
    assert described_response is not None, (
        f"{name} does not document status {response.status_code}: {response.text[:300]}"
    )
    content = described_response.get("content", {})
    if not content:
        assert response.content == b"", f"{name} documents no body for {response.status_code}"
        return
    media_type = response.headers.get("content-type", "").partition(";")[0]
    assert media_type in content, f"{name} does not document {media_type} for {response.status_code}"
    if media_type.endswith("json"):
        validator = _validator(name, response.status_code, media_type)
        errors = [error.message for error in validator.iter_errors(response.json())]
        assert errors == [], f"{name} {response.status_code}: {errors[:3]}"


@cache
def _paths() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """Fixed paths come before those with parameters that match them too."""
    paths = sorted(api.openapi()["paths"].items(), key=lambda item: item[0].count("{"))
    return [(re.compile(re.sub(r"{\w+}", "[^/]+", path)), operations) for path, operations in paths]


def _operation(method: str, path: str) -> tuple[str, dict[str, Any]] | None:
    for pattern, operations in _paths():
        if pattern.fullmatch(path) and method.lower() in operations:
            operation = operations[method.lower()]
            return operation["operationId"], operation["responses"]
    return None


@cache
def _validator(name: str, status: int, media_type: str) -> Any:
    document = api.openapi()
    (responses,) = (
        operation["responses"]
        for operations in document["paths"].values()
        for operation in operations.values()
        if operation["operationId"] == name
    )
    schema = responses[str(status)]["content"][media_type]["schema"]
    return jsonschema_rs.Draft202012Validator(schema | {"components": document["components"]})
