"""The lint names each way around isolation, and accepts the product."""

from pathlib import Path

import pytest

from ops.home import ROOT
from ops.isolation import GLOBAL_MODELS, QUERIES, findings

pytestmark = pytest.mark.unit

GOOD = {
    "quantum_app/db/session.py": 'SYSTEM_MODULES = frozenset({"quantum_app.domain.calls.sweep"})\n',
    "quantum_app/domain/calls/sweep.py": "from quantum_app.db.session import system_session\n",
    "quantum_app/api/guard.py": 'PUBLIC = frozenset({("GET", "/api/alive")})\n',
    "quantum_app/web/guard.py": 'PUBLIC = frozenset({"toast.show"})\n',
    "quantum_app/domain/calls/repository.py": (
        "from sqlalchemy import select\nasync def all(session):\n    return await session.scalars(select(1))\n"
    ),
    "quantum_app/domain/calls/queries/listing.py": "from sqlalchemy import select\nquery = select(1)\n",
    "quantum_app/db/models/calls.py": (
        "class Call(Base):\n    __tablename__ = 'calls'\n    account_id: Mapped[UUID]\n"
    ),
    "quantum_app/api/calls.py": (
        "from fastapi import APIRouter\n"
        "from quantum_app.api.guard import allowed\n"
        "router = APIRouter(prefix='/api')\n"
        "Self = Annotated[Identity, allowed(Permission.SELF)]\n"
        "@router.get('/alive')\nasync def alive(): ...\n"
        "@router.get('/me')\nasync def me(who: Self): ...\n"
        "@router.get('/calls')\nasync def calls(who: Annotated[Identity, allowed(Permission.CALLS_READ)]): ...\n"
        "@router.delete('/calls', dependencies=[allowed(Permission.CALLS_DELETE)])\nasync def clear(): ...\n"
    ),
    "quantum_app/web/calls/state.py": (
        "import reflex as rx\nfrom quantum_app.web import guard\n"
        "class Toast(rx.State):\n    @rx.event\n    async def show(self): ...\n"
        "class Calls(rx.State):\n"
        "    @guard.page(Permission.CALLS_READ)\n    async def load(self, who): ...\n"
        "    @rx.event(background=True)\n    @guard.event(Permission.CALLS_READ)\n    async def go(self, who): ...\n"
        "    @rx.var\n    def count(self) -> int: ...\n"
        "    async def _live(self, messages): ...\n"
        "class Other:\n    def anything(self): ...\n"
    ),
}
_STATE = "import reflex as rx\nfrom quantum_app.web import guard\nfrom quantum_app.web.calls.state import Calls\n"
_API = "from fastapi import APIRouter\nrouter = APIRouter(prefix='/api')\n"
BAD = {
    "a statement in a service": (
        "quantum_app/domain/calls/service.py",
        "from sqlalchemy import select\nquery = select(1)\n",
        "2: a query (select)",
    ),
    "a statement in a folder beside the queries": (
        "quantum_app/domain/calls/lists/listing.py",
        "from sqlalchemy import select\nquery = select(1)\n",
        "2: a query (select)",
    ),
    "a statement under another name": (
        "quantum_app/jobs/x.py",
        "import sqlalchemy as sa\nfrom sqlalchemy import text as words\n\nsa.delete(X)\nwords('x')\n",
        "4: a query (delete)",
    ),
    "a session that is asked": (
        "quantum_app/web/calls/state.py",
        "async def f(session):\n    await session.execute(query)\n",
        "2: a query (session.execute)",
    ),
    "a session in a field": ("agent_worker/x.py", "self._session.scalars(q)\n", "1: a query (session.scalars)"),
    "a connection of the session": (
        "quantum_app/api/x.py",
        "async def f(session):\n    await (await session.connection()).scalar(q)\n",
        "2: a query (session.scalar)",
    ),
    "a row that is added": ("quantum_app/domain/calls/service.py", "session.add(row)\n", "1: a query (session.add)"),
    "another driver": ("quantum_app/providers/x.py", "import psycopg\n", "1: a connection by psycopg"),
    "a repository in another place": (
        "quantum_app/web/repository.py",
        "from sqlalchemy import select\nselect(1)\n",
        "2: a query (select)",
    ),
    "sight of all accounts": (
        "quantum_app/domain/leads/service.py",
        "from quantum_app.db.session import system_session\n",
        "1: system_session sees all accounts",
    ),
    "the same by its module": (
        "quantum_app/domain/leads/service.py",
        "from quantum_app.db import session\n\nasync def f():\n    session.system_session(__name__, 'x')\n",
        "4: system_session sees all accounts",
    ),
    "a name too many": (
        "quantum_app/domain/calls/sweep.py",
        "",
        "quantum_app.domain.calls.sweep does not use system_session",
    ),
    "a table of nobody": (
        "quantum_app/db/models/leads.py",
        "class Lead(Base):\n    __tablename__ = 'leads'\n    id: Mapped[UUID]\n",
        "1: table Lead has no account_id",
    ),
    "an exemption that is none": (
        "quantum_app/db/models/users.py",
        "class User(Base):\n    __tablename__ = 'users'\n    account_id: Mapped[UUID]\n",
        "1: table User has an account_id",
    ),
    "an open route": (
        "quantum_app/api/x.py",
        _API + "@router.get('/x')\nasync def x(): ...\n",
        "4: route GET /api/x asks nobody",
    ),
    "a public path by another method": (
        "quantum_app/api/x.py",
        _API + "@router.post('/alive')\nasync def x(): ...\n",
        "4: route POST /api/alive asks nobody",
    ),
    "somebody else's allowed": (
        "quantum_app/api/x.py",
        _API + "from elsewhere import allowed\n@router.get('/x')\nasync def x(who: Annotated[I, allowed(P)]): ...\n",
        "5: route GET /api/x asks nobody",
    ),
    "a path that is made": (
        "quantum_app/api/x.py",
        _API + "@router.get(PATH)\nasync def x(): ...\n",
        "4: a route that cannot be read",
    ),
    "a hidden route": ("quantum_app/api/x.py", _API + "router.add_api_route('/x', x)\n", "3: add_api_route hides"),
    "an open handler": (
        "quantum_app/web/x.py",
        _STATE + "class X(rx.State):\n    @rx.event\n    async def x(self): ...\n",
        "6: X.x can be called by any browser",
    ),
    "an undecorated handler of a state's state": (
        "quantum_app/web/x.py",
        _STATE + "class X(Calls):\n    async def x(self): ...\n",
        "5: X.x can be called by any browser",
    ),
    "a hidden event": (
        "quantum_app/web/x.py",
        _STATE + "class X(rx.State):\n    @rx.event\n    async def _x(self): ...\n",
        "6: X._x can be called by any browser",
    ),
    "the wrong guard": (
        "quantum_app/web/x.py",
        "import reflex as rx\nfrom elsewhere import guard\n"
        "class X(rx.State):\n    @guard.event(P)\n    async def x(self): ...\n",
        "5: X.x can be called by any browser",
    ),
    "a public name of another state": (
        "quantum_app/web/x.py",
        _STATE + "class X(rx.State):\n    async def show(self): ...\n",
        "5: X.show can be called by any browser",
    ),
}


def _tree(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_the_product_keeps_every_rule() -> None:
    assert findings(ROOT) == []


def test_good_code_is_accepted(tmp_path: Path) -> None:
    assert findings(_tree(tmp_path, GOOD)) == []


@pytest.mark.parametrize("name", BAD)
def test_a_way_around_is_named(tmp_path: Path, name: str) -> None:
    path, text, finding = BAD[name]
    lines = findings(_tree(tmp_path, GOOD | {path: text}))
    assert any(f"{path}:{finding}" in line or finding in line.split(": ", 1)[1] for line in lines), lines


def test_every_exemption_is_of_something_that_exists() -> None:
    assert all((ROOT / path).exists() for path in QUERIES)
    models = "\n".join(path.read_text() for path in (ROOT / "quantum_app/db/models").glob("*.py"))
    assert all(f"class {name}(Base," in models for name in GLOBAL_MODELS)
