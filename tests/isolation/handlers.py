"""Every event that a browser can send, and arguments for it that name whatever belongs to somebody else."""

import ast
import inspect
import itertools
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, get_type_hints

import pytest

from ops import frontend
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.web.guard import PUBLIC
from tests.isolation.tenant_pair import Pair, TenantPair, sorted_by_fit

# What Reflex itself answers to; what each can do is pinned in test_framework.py.
FRAMEWORK = {
    "hydrate",
    "hydrate_and_load",
    "set_is_hydrated",
    "setvar",
    "handle_frontend_exception",
    "on_load_internal",
    "update_vars_internal",
}


@dataclass(frozen=True)
class Handler:
    """name: as it goes over the wire. label: as the list of public ones has it."""

    name: str
    label: str
    function: Any
    permission: Permission | None

    @property
    def own(self) -> bool:
        """Whether it is ours, and not the framework's."""
        return not self.function.__module__.startswith(("reflex.", "reflex_base."))

    @property
    def public(self) -> bool:
        return self.label in PUBLIC


@cache
def app() -> Any:
    """The pages, composed as in the web process, of which nothing else is wanted here."""
    variables = frontend.environment(frontend.place()) | {"__REFLEX_SKIP_COMPILE": "true"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        from quantum_app.quantum_app import app as composed

    return composed


@cache
def handlers() -> tuple[Handler, ...]:
    """Everything that is registered, whoever registered it."""
    app()
    from reflex_base.registry import RegistrationContext

    items: list[Handler] = []
    for name, registration in sorted(RegistrationContext.get().event_handlers.items()):
        function = registration.handler.fn
        label = f"{name.split('.')[-2].rpartition('____')[2]}.{name.rpartition('.')[2]}"
        items.append(Handler(name, label, function, getattr(function, "permission", None)))
    return tuple(items)


def paths(tenants: TenantPair) -> list[str]:
    """Every page, its parameters filled with what is B's, and a query that names it again."""
    urls = [f"/?after={pair.real}&id={pair.real}" for pair in sorted_by_fit(tenants.identifiers(), "call")[:1]]
    for route in app()._unevaluated_pages:
        names = re.findall(r"\[+\.*(\w+)\]+", route)
        for pair in sorted_by_fit(tenants.identifiers(), names[0])[:2] if names else []:
            urls.append("/" + re.sub(r"\[+\.*\w+\]+", pair.real, route))
    return urls


def payloads(tenants: TenantPair, handler: Handler, *, limit: int) -> Iterator[dict[str, Any]]:
    """Arguments by the signature: ids and addresses of B, in each place where a text is asked for."""
    _, *parameters = inspect.signature(handler.function).parameters.values()
    hints = get_type_hints(inspect.unwrap(handler.function))
    if not parameters:
        yield {}
        return
    texts = [parameter.name for parameter in parameters if hints.get(parameter.name, str) is str]
    words = _words(handler.function)
    for place in texts or [""]:
        other_names = [name for name in texts if name != place]
        for pair in [*_likeliest_pairs(tenants, place, limit), Pair("email", tenants.email, "")]:
            for word in words if other_names else [""]:
                payload: dict[str, Any] = {}
                for name in (parameter.name for parameter in parameters):
                    if name == place:
                        payload[name] = pair.real
                    elif name in other_names:
                        payload[name] = word
                    else:
                        payload[name] = _value(hints.get(name), handler.function, pair.real, tenants.email)
                yield payload


def _likeliest_pairs(tenants: TenantPair, name: str, limit: int) -> list[Pair]:
    return sorted_by_fit(tenants.identifiers(), name)[:limit]


def _value(kind: Any, function: Any, value: str, email: str) -> Any:
    text = str(kind)
    if "dict" in text:
        return {name: email if "email" in name else value for name in _constants(function)}
    if "list" in text:
        return [value]
    return {bool: True, int: 1, float: 1.0}.get(kind, value)


def _constants(function: Any) -> list[str]:
    """The texts in a handler's source that may be names: of a form's fields, for example."""
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
    constants = {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}
    return sorted(value for value in constants if isinstance(value, str) and re.fullmatch(r"[a-z][a-z_]*", value))


def _words(function: Any) -> list[str]:
    """Words that the handler's module has lists of: what a text that names nothing may have to be."""
    groups = [
        value
        for name, value in vars(inspect.getmodule(inspect.unwrap(function))).items()
        if name.isupper() and isinstance(value, (tuple, list, frozenset, dict))
    ]
    words = [word for word in itertools.chain(*groups) if isinstance(word, str)]
    return [*dict.fromkeys(words)][:6] or ["viewer"]
