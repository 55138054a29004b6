"""Every route of the REST API, and requests for it that name whatever belongs to somebody else."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

import httpx
from fastapi.routing import APIRoute

from quantum_app.api.app import api
from quantum_app.api.guard import PUBLIC, Allowed
from quantum_app.api.uploads import MEDIA_TYPE
from quantum_app.domain.accounts.permissions import Permission
from tests.isolation.tenant_pair import Pair, TenantPair, sorted_by_fit

UNKNOWN_EMAIL = "nobody-at-all@b.example"
_ID_NAME = re.compile(r"(^|_)(id|ids|account|user|call|campaign|member|invitation|login|after)$")


@dataclass(frozen=True)
class Route:
    """guard: None for a public one."""

    method: str
    path: str
    guard: Allowed | None
    path_names: tuple[str, ...]
    query_names: tuple[str, ...]
    schema: str  # of the body, as JSON; empty for none, for a recording, and for files
    recording: str  # the content type of one
    takes_files: bool

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def permission(self) -> Permission | None:
        return self.guard.permission if self.guard else None

    @property
    def names(self) -> list[str]:
        """The parameters that may name something of an account."""
        body = json.loads(self.schema).get("properties", {}) if self.schema else {}
        return [*self.path_names, *self.query_names, *(name for name in body if _ID_NAME.search(name))]


def effective_routes() -> Iterator[tuple[Any, APIRoute | None]]:
    """Every route with its own, whatever routers it comes through."""
    for route in api.routes:
        contexts = getattr(route, "effective_route_contexts", None)
        for context in contexts() if contexts else [route]:
            original = getattr(context, "original_route", context)
            yield context, original if isinstance(original, APIRoute) else None


def dependencies(dependant: Any) -> Iterator[Any]:
    """Whatever a route depends on, also by way of something else."""
    for dependency in dependant.dependencies:
        yield dependency
        yield from dependencies(dependency)


@cache
def routes() -> tuple[Route, ...]:
    items: list[Route] = []
    for _, route in effective_routes():
        if route is None:
            continue
        guards = [
            dependency.call for dependency in dependencies(route.dependant) if isinstance(dependency.call, Allowed)
        ]
        body: Any = route.body_field.field_info if route.body_field else None
        annotation: Any = body and body.annotation
        recording = body.media_type if annotation is bytes else ""
        schema = annotation.model_json_schema() if body and not recording else None
        for method in sorted(route.methods or ()):
            items.append(
                Route(
                    method,
                    route.path,
                    guards[0] if guards else None,
                    tuple(re.findall(r"{(\w+)", route.path)),
                    tuple(field.name for field in route.dependant.query_params),
                    json.dumps(schema) if schema else "",
                    recording,
                    MEDIA_TYPE in (route.openapi_extra or {}).get("requestBody", {}).get("content", {}),
                )
            )
    return tuple(items)


def is_public(route: Route) -> bool:
    return (route.method, route.path) in PUBLIC


@dataclass(frozen=True)
class Request:
    """One request in two forms: with what is B's, and with what does not exist."""

    route: Route
    pair: Pair
    email: str

    def send(self, client: httpx.Client, headers: dict[str, str], *, real: bool) -> httpx.Response:
        value = self.pair.real if real else self.pair.unknown
        email = self.email if real else UNKNOWN_EMAIL
        url = re.sub(r"{\w+(?::\w+)?}", value, self.route.path)
        query = dict.fromkeys(self.route.query_names, value)
        body = _example(json.loads(self.route.schema), value, email) if self.route.schema else None
        client.cookies.clear()
        if self.route.takes_files:
            files = {"file": ("hours.txt", b"We open at nine.")}
            return client.request(self.route.method, url, params=query, files=files, headers=headers)
        if self.route.recording:
            headers = headers | {"content-type": self.route.recording}
            return client.request(self.route.method, url, params=query, content=b"no recording", headers=headers)
        return client.request(self.route.method, url, params=query, json=body, headers=headers)

    def inputs(self, *, real: bool) -> tuple[str, ...]:
        return (self.pair.real, self.email) if real else (self.pair.unknown, UNKNOWN_EMAIL)


def requests(tenants: TenantPair, route: Route, *, limit: int) -> list[Request]:
    """So many ways to name something of B in this route, the likeliest first."""
    pairs = sorted_by_fit(tenants.identifiers(), route.names[0] if route.names else "")
    return [Request(route, pair, tenants.email) for pair in pairs[: limit if route.names else 1]]


def _example(schema: dict[str, Any], value: str, email: str) -> Any:
    """A body that the schema accepts: names are names of B, addresses are B's owner's."""
    defined = schema.get("$defs", {})

    def make(part: dict[str, Any], name: str) -> Any:
        if "$ref" in part:
            return make(defined[part["$ref"].rpartition("/")[2]], name)
        for choice in ("anyOf", "oneOf", "allOf"):
            if choice in part:
                return make(part[choice][0], name)
        if "enum" in part or "const" in part:
            return part["enum"][0] if "enum" in part else part["const"]
        kind = part.get("type")
        if kind == "object":
            return {key: make(item, key) for key, item in part.get("properties", {}).items()}
        if kind == "array":
            return [make(part.get("items", {"type": "string"}), name.rstrip("s"))]
        if kind == "boolean":
            return True
        if kind in {"integer", "number"}:
            return part.get("minimum", 1)
        return _word(name, value, email)[: part.get("maxLength", 1000)]

    return make(schema, "")


def _word(name: str, value: str, email: str) -> str:
    if "email" in name:
        return email
    if "password" in name:
        return "not the password of anybody"
    if _ID_NAME.search(name) or name in {"token", "challenge"}:
        return value
    return "viewer" if name == "role" else "words"


def shape(answer: httpx.Response, inputs: tuple[str, ...]) -> Any:
    """What of an answer may be compared with another: everything but what was sent, and what is made anew each time."""
    text = answer.text
    for value in inputs:
        text = text.replace(value, "…")
    text = re.sub(r"req_[0-9a-f]+", "…", text)
    if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        text = re.sub(r"\d+", "…", text)  # the seconds to wait go down meanwhile
    headers = {name: re.sub(r"=[^;]*", "=…", value) for name, value in answer.headers.items() if name in _COMPARED}
    if answer.headers.get("content-type", "").startswith("application/json"):  # and no problem, which is plain words
        return answer.status_code, headers, _form(answer.json())
    return answer.status_code, headers, text


_COMPARED = {"content-type", "set-cookie", "www-authenticate", "cache-control", "location"}


def _form(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _form(item) for key, item in value.items()}
    return [_form(item) for item in value[:1]] if isinstance(value, list) else type(value).__name__
