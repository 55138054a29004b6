"""The description of the API: what the routes say about themselves, and what all of them have in common."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi

from quantum_app.api.endpoint import Endpoint
from quantum_app.api.guard import Allowed
from quantum_app.api.problems import MEDIA_TYPE
from quantum_app.api.schemas.problem import DraftConflict, NotPublishable, Problem
from quantum_app.domain.accounts.permissions import BROWSER_ONLY

_DESCRIPTION = """\
Draw how a voice assistant talks, and read what callers said.

Authenticate with an API token: `Authorization: Bearer qvt_…`. Create one in the dashboard under API tokens.
Errors are problems (RFC 9457): `code` says what went wrong, `detail` says it for a person.
"""
_JSON = "application/json"
_SCHEMAS = "#/components/schemas/"
_PROBLEMS = {f"{_SCHEMAS}{model.__name__}" for model in (Problem, DraftConflict, NotPublishable)}
_COOKIE, _TOKEN = "Login cookie", "API token"

# What an error means where a route does not say it better.
_MEANINGS = {
    400: "The request is invalid.",
    401: "The credentials are missing or invalid.",
    403: "You don't have permission, or the request came from another site.",
    404: "The resource doesn't exist in this account.",
    408: "The body didn't arrive in time.",
    409: "The request conflicts with the current state.",
    413: "The body is too large.",
    415: "The content type isn't supported.",
    422: "A field of the request is invalid.",
    429: "Too many requests. Wait for `retry_after` seconds.",
    502: "The identity provider sent an invalid response.",
    503: "A component is unavailable. Try again later.",
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the app."""
    document = get_openapi(
        title=app.title, version=app.version, description=_DESCRIPTION, routes=app.routes, tags=_tags(app)
    )
    for route in _routes(app):
        for method in route.methods or ():
            operation = document["paths"][route.path_format][method.lower()]
            _complete(operation, route)
    components = document["components"]
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    components["securitySchemes"] = {
        _TOKEN: {"type": "http", "scheme": "bearer", "description": "A token that starts with `qvt_`."},
        _COOKIE: {
            "type": "apiKey",
            "in": "cookie",
            "name": "qv_session",
            "description": "The cookie that logging in sets. Its name depends on the instance.",
        },
    }
    _require_tags(document, components["schemas"])
    return _with_plain_names(document)


def _require_tags(part: Any, schemas: dict[str, Any]) -> None:
    """The members of a tagged union need their tag, which Pydantic describes as optional where it has a default."""
    match part:
        case {"discriminator": {"propertyName": tag, "mapping": mapping}}:
            for reference in mapping.values():
                member = schemas[reference.removeprefix(_SCHEMAS)]
                member["required"] = list(dict.fromkeys([*member.get("required", ()), tag]))
        case dict():
            for inner in part.values():
                _require_tags(inner, schemas)
        case list():
            for inner in part:
                _require_tags(inner, schemas)
        case _:
            pass


def _with_plain_names(document: dict[str, Any]) -> dict[str, Any]:
    """A model that is both sent and received has two schemas: `Case`, and `CaseInput` with what may be left out."""
    text = json.dumps(document).replace('-Output"', '"').replace('-Input"', 'Input"')
    return json.loads(text)


def _routes(app: FastAPI) -> Iterator[Endpoint]:
    for route in app.routes:
        contexts = getattr(route, "effective_route_contexts", None)
        for item in contexts() if contexts else [route]:
            original = getattr(item, "original_route", item)
            if isinstance(original, Endpoint):
                yield original


def _tags(app: FastAPI) -> list[dict[str, Any]]:
    """The tags in the order of the routes."""
    return [{"name": name} for name in dict.fromkeys(str(tag) for route in _routes(app) for tag in route.tags)]


def _complete(operation: dict[str, Any], route: Endpoint) -> None:
    """Add who may send a request, and the errors that all routes of its kind have."""
    guard = next((item.call for item in _dependencies(route.dependant) if isinstance(item.call, Allowed)), None)
    if guard is not None:
        browser_only = guard.permission in BROWSER_ONLY
        operation["security"] = [{_COOKIE: []}] if browser_only else [{_TOKEN: []}, {_COOKIE: []}]
        operation["x-permission"] = str(guard.permission)
    statuses = {422, 429, 503}
    if guard is not None:
        statuses |= {401, 403}
    if route.dependant.path_params:
        statuses |= {404}
    if route.body_field is not None or "requestBody" in (route.openapi_extra or {}):
        statuses |= {400, 408, 413, 415}
    if route.methods != {"GET"}:
        statuses |= {403}
    responses = operation["responses"]
    if _schema(responses.get("422", {})) == f"{_SCHEMAS}HTTPValidationError":
        del responses["422"]
    for status in statuses:
        responses.setdefault(str(status), {"content": {_JSON: {"schema": {"$ref": f"{_SCHEMAS}Problem"}}}})
    for status, response in responses.items():
        if _schema(response) in _PROBLEMS:
            response["content"] = {MEDIA_TYPE: response["content"][_JSON]}
        phrase = HTTPStatus(int(status)).phrase
        if response.get("description", phrase) in {phrase, "Successful Response"}:
            response["description"] = _MEANINGS.get(int(status), phrase)
    operation["responses"] = dict(sorted(responses.items()))


def _schema(response: dict[str, Any]) -> str:
    return response.get("content", {}).get(_JSON, {}).get("schema", {}).get("$ref", "")


def _dependencies(dependant: Dependant) -> Iterator[Dependant]:
    for item in dependant.dependencies:
        yield item
        yield from _dependencies(item)
