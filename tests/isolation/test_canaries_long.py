"""A whole use of the product with texts that are nowhere else, and then every place is searched for each of them.

test_canaries.py looks at what is refused; here everything goes well, from signing up to erasing a caller.
"""

import asyncio
import io
import re
import secrets
import time
import zipfile
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import psycopg
import pytest
from psycopg import sql

from ops.caller import SyntheticCaller, start_call
from ops.sound import speak
from quantum_app.kit import ids
from quantum_app.web.calls.state import CallsState, CallState
from quantum_app.web.campaigns.state import CampaignsState
from quantum_app.web.data.state import DataState
from tests.filled import LEADS
from tests.isolation.test_canaries import canary, contents, files, fill_log
from tests.isolation.test_handlers import settle
from tests.stack import Stack
from tests.unit.ops.waiting import until
from tests.web.socket import Socket, connect

pytestmark = pytest.mark.long

ANSWER = 40.0  # seconds that a busy machine may take for what takes one second
LEADS_TEMPLATE = "lead_qualification"
GREETING = "Hello, the marmoset of Zanzibar welcomes you."
QUESTION = "Do you have a purple walrus?"

# Where each text stands once the call is stored. A text that is named nowhere here is a secret, or was refused.
COLUMNS = {
    "account": {
        "accounts.name",
        "audit_log.new",
        "campaigns.consent_text",
        "consent_tickets.wording",
        "flow_earlier_drafts.definition",
        "outbox.data",
    },
    "assistant": {"campaigns.assistant_name"},
    "owner": {"users.name", "outbox.data"},
    "owner's address": {"users.email", "audit_log.actor", "outbox.recipient"},
    "token's name": {"api_tokens.name", "audit_log.actor", "audit_log.new", "outbox.data"},
    "campaign": {"campaigns.name", "audit_log.new"},
    "persona": {"flow_drafts.definition", "flow_versions.definition"},
    "greeting": {"flow_drafts.definition", "flow_versions.definition", "call_transcripts.text"},
    "note": {"flow_versions.note", "audit_log.new"},
    "caller": {"consent_tickets.name", "call_values.value"},
    "caller's address": {"consent_tickets.email", "call_values.value"},
    "phone": {"call_transcripts.text", "call_values.value"},
    "spoken": {"call_transcripts.text"},
    "typed": {"call_transcripts.text"},
    "comment": {"call_sessions.comment"},
}
# The states of the open page in Redis, by the page that shows it.
PAGES = {
    "account": {"session"},
    "owner": {"session"},
    "owner's address": {"session"},
    "campaign": {"call_state", "calls_state"},
    "caller": {"call_state", "calls_state"},
    "caller's address": {"call_state", "calls_state"},
    "greeting": {"call_state"},
    "phone": {"call_state"},
    "spoken": {"call_state"},
    "typed": {"call_state"},
    "comment": {"call_state"},
}
# Mail that stays on this machine, with its links, where local_providers take it in.
MAILBOX = {name: {"mailbox.json"} for name in ("account", "owner", "owner's address", "token's name", "link")}
# An export of everything, while it is there, holds what stands in the columns.
FILES = {name: {"exports"} | MAILBOX.get(name, set()) for name in COLUMNS} | {"link": MAILBOX["link"]}


@dataclass
class Texts:
    """What is looked for: name → text. caller: the names of those that tell of the caller."""

    by_name: dict[str, str] = field(default_factory=dict)
    caller: set[str] = field(default_factory=set)

    def new(self, name: str, text: str = "", *, caller: bool = False) -> str:
        self.by_name[name] = text or canary(name)
        if caller:
            self.caller.add(name)
        return self.by_name[name]

    def in_(self, content: bytes) -> set[str]:
        """Which of them stand there, however they are capitalized."""
        lower = content.lower()
        return {name for name, text in self.by_name.items() if text.lower().encode() in lower}


def columns(connection: psycopg.Connection, texts: Texts) -> dict[str, set[str]]:
    """Text → the columns of Postgres, of every schema, in which it stands."""
    places: dict[str, set[str]] = {}
    for schema, table, column in connection.execute(
        "select nspname, relname, attname from pg_attribute join pg_class c on c.oid = attrelid"
        " join pg_namespace n on n.oid = relnamespace where relkind in ('r', 'm') and attnum > 0 and not attisdropped"
        " and nspname not in ('pg_catalog', 'pg_toast')"
    ).fetchall():
        query = sql.SQL("select {}::text from {} where {} is not null").format(
            sql.Identifier(column), sql.Identifier(schema, table), sql.Identifier(column)
        )
        content = "\n".join(value for (value,) in connection.execute(query)).encode()
        for name in texts.in_(content):
            places.setdefault(name, set()).add(f"{table}.{column}")
    return places


def redis_keys(stack: Stack, texts: Texts) -> dict[str, set[str]]:
    """Text → the keys of Redis in whose name or value it stands; of a page's state, its name alone."""
    places: dict[str, set[str]] = {}
    for key, value in contents(stack):
        for name in texts.in_(key + b"\n" + value):
            page = re.fullmatch(r"[0-9a-f-]{36}_reflex___state____state\..*____(\w+)", key.decode())
            places.setdefault(name, set()).add(page[1] if page else key.decode())
    return places


def content(path: Path) -> bytes:
    """What a file holds; of an archive, what was packed into it."""
    with suppress(zipfile.BadZipFile), zipfile.ZipFile(path) as archive:
        return b"\n".join(archive.read(name) for name in archive.namelist())
    return path.read_bytes()


def places_in_files(home: Path, texts: Texts) -> dict[str, set[str]]:
    """Text → the files of the data folder in which it stands; of Postgres, all but its tables and its log of writes."""
    places: dict[str, set[str]] = {}
    postgres = (
        path
        for path in (home / "postgres").rglob("*")
        if path.is_file() and path.relative_to(home / "postgres").parts[0] not in {"base", "pg_wal"}
    )
    for path in [*files(home), *postgres]:
        with suppress(FileNotFoundError):  # Postgres takes some away while one looks
            for name in texts.in_(content(path)):
                places.setdefault(name, set()).add(path.relative_to(home).parts[0])
    return places


def process_secrets(stack: Stack, texts: Texts) -> list[str]:
    """Each process of the product that has one of the texts in its environment or its command line."""
    findings: list[str] = []
    assert stack.pids.keys() == stack.logs.keys(), "not every part runs"
    for part, pid in stack.pids.items():
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            with suppress(FileNotFoundError, ProcessLookupError):
                for source in ("environ", "cmdline"):
                    names = texts.in_(Path(f"/proc/{process.pid}/{source}").read_bytes())
                    findings += [f"{part}: {source} has {name}" for name in sorted(names)]
    return findings


@pytest.fixture
async def texts(stack: Stack) -> Texts:
    await asyncio.to_thread(stack.need)
    return Texts()


@pytest.fixture
async def web(stack: Stack, texts: Texts) -> AsyncIterator[httpx.AsyncClient]:
    """A browser, which keeps its cookies."""
    headers = {"x-forwarded-for": "198.51.100.20"}
    async with httpx.AsyncClient(base_url=stack.url, timeout=ANSWER, trust_env=False, headers=headers) as client:
        yield client


async def post(web: httpx.AsyncClient, path: str, expected: int, **body: Any) -> httpx.Response:
    answer = await web.post(path, json=body)
    assert answer.status_code == expected, f"{path}: {answer.text}"
    return answer


async def sign_up(web: httpx.AsyncClient, stack: Stack, texts: Texts) -> None:
    """Somebody signs up, follows the link in the mail, logs in again, and makes a token for a program."""
    email = texts.new("owner's address", f"{canary('owner')}@example.org")
    password = texts.new("password", f"{uuid4().hex} {secrets.token_hex(8)}")
    names = {"account": texts.new("account"), "name": texts.new("owner")}
    await post(web, "/api/auth/signup", 202, email=email, password=password, **names)
    key = {"authorization": f"Bearer {stack.instance_key}"}
    async with asyncio.timeout(ANSWER):
        link = None
        while link is None:
            mails = (await web.get("/api/dev/mailbox", headers=key)).json()["mails"]
            link = next((re.search(r"#(\S+)", mail["text"]) for mail in mails if email in mail["to"]), None)
            await asyncio.sleep(0.1)
    await post(web, "/api/auth/verify", 204, token=texts.new("link", link[1]))
    texts.new("first login", web.cookies[stack.settings.cookie_name])
    await post(web, "/api/auth/logout", 204)
    await post(web, "/api/auth/login", 204, email=email, password=password)
    texts.new("login", web.cookies[stack.settings.cookie_name])
    body = {"name": texts.new("token's name"), "role": "admin", "expires_in_days": 30, "password": password}
    texts.new("token", (await post(web, "/api/tokens", 201, **body)).json()["token"])


async def publish_flow(socket: Socket, stack: Stack, texts: Texts) -> dict[str, Any]:
    """A campaign, made on its page; a program writes and publishes its flow. What the page of a call knows of it."""
    form = {"name": texts.new("campaign"), "assistant_name": texts.new("assistant"), "template": LEADS_TEMPLATE}
    await socket.send(CampaignsState, "create", "/campaigns", form=form)
    await socket.wait_for("/flows/designer/cmp_")
    page = re.search(r"/flows/designer/(cmp_\w+)", socket.updates)
    assert page
    path = f"/api/flows/{page[1]}"
    nodes = [node.model_copy(update={"greeting": GREETING}) if node.type == "start" else node for node in LEADS.nodes]
    flow = LEADS.model_copy(update={"nodes": tuple(nodes), "persona": texts.new("persona")}).model_dump(mode="json")
    headers = {"authorization": f"Bearer {texts.by_name['token']}", "x-forwarded-for": "198.51.100.21"}
    async with httpx.AsyncClient(base_url=stack.url, timeout=ANSWER, trust_env=False, headers=headers) as program:
        draft = await program.put(f"{path}/draft", json={"definition": flow, "revision": None})
        assert draft.status_code == 200, draft.text
        body = {"revision": draft.json()["revision"], "note": texts.new("note")}
        await post(program, f"{path}/publish", 200, **body)
        public_id = (await program.get(path)).json()["campaign"]["public_id"]
        return (await program.get(f"/api/public/campaigns/{public_id}")).json() | {"public_id": public_id}


async def make_call(socket: Socket, web: httpx.AsyncClient, stack: Stack, texts: Texts, place: dict[str, Any]) -> None:
    """Somebody calls, speaks and writes, leaves address and number, hangs up and rates.

    socket: a page that watches the call meanwhile.
    """
    email = texts.new("caller's address", f"{canary('caller')}@example.org", caller=True)
    # Letters alone, as in a name, or the flow would ask for it.
    letters = "".join(secrets.choice("bdfgklmnrst") + secrets.choice("aeiou") for _ in range(8))
    name = texts.new("caller", f"Quirinella {letters.capitalize()}", caller=True)
    wording = place["consent"]["version"]
    ticket = await start_call(stack.url, place["public_id"], email=email, consent_version=wording, name=name)
    texts.new("ticket", ticket.token)
    await socket.send(CallsState, "load", "/calls")
    await socket.wait_for(email)
    await socket.send(CallState, "load", f"/calls/{ticket.call_id}")
    await socket.wait_for(name)
    phone = texts.new("phone", f"+4930{secrets.randbelow(10**7):07}", caller=True)
    async with SyntheticCaller(ticket, says_so=True) as caller:
        await caller.turn_over(time.monotonic() - 1, ANSWER)
        texts.new("greeting", GREETING)
        speech = await caller.say(speak(QUESTION))
        texts.new("spoken", (await caller.caption("caller", speech.first, ANSWER)).text, caller=True)
        await caller.turn_over(speech.last, ANSWER)
        for words, reply in (
            ("I am interested, how do we go on?", "phone number"),
            (f"It is {phone}", "is that right"),
            ("yes", "few words about what you need"),
            (f"The complete package, for {texts.new('typed', caller=True)}", "how many people"),
        ):
            await write(caller, words, reply)
        await socket.wait_for(texts.by_name["typed"])
        spool = next((stack.instance.home / "spool").rglob(f"{ticket.uuid}.*"))
        assert {"typed", "greeting"} <= texts.in_(spool.read_bytes()), "what is looked for would be found"
        assert process_secrets(stack, texts) == []
    comment = texts.new("comment", caller=True)
    rating = {"json": {"stars": 5, "comment": comment}, "headers": {"authorization": f"Bearer {ticket.token}"}}
    assert (await web.post(f"/api/public/calls/{ticket.call_id}/rating", **rating)).status_code == 204
    await asyncio.to_thread(until, lambda: not spool.exists(), ANSWER)


async def write(caller: SyntheticCaller, words: str, reply: str) -> None:
    after = time.monotonic()
    await caller.type(words)
    pattern = re.compile(reply, re.IGNORECASE)
    try:
        await caller.until(lambda: pattern.search(caller.text("assistant", after)), "answer", ANSWER)
    except TimeoutError:
        pytest.fail(f"{words} is answered with: {caller.text('assistant', after)}")


async def try_what_is_forbidden(web: httpx.AsyncClient, socket: Socket, texts: Texts) -> None:
    """What goes wrong on the way, and who tries what they should not."""
    words, password = texts.new("hostile"), texts.new("wrong password")
    owner = texts.by_name["owner's address"]
    for body in ({"email": owner, "password": password}, {"email": f"{words}@example.org", "password": password}):
        await post(web, "/api/auth/login", 401, **body)
    for method, path, options in (
        ("POST", "/api/auth/login", {"content": f'{{"email": "{words}'}),
        ("GET", f"/api/flows/{words}?{words}", {"headers": {"authorization": f"Bearer {words}", "user-agent": words}}),
        ("DELETE", f"/api/v1/calls/{words}", {"headers": {"x-real-ip": words, "cookie": f"other={words}"}}),
    ):
        assert 400 <= (await web.request(method, path, **options)).status_code < 500
    await socket.send_raw({"name": words, "payload": {words: words}, "router_data": {"pathname": f"/{words}"}})
    await settle(socket)


async def export(socket: Socket, web: httpx.AsyncClient, connection: psycopg.Connection, texts: Texts) -> None:
    await socket.send(DataState, "export_all", "/settings/data")
    query = (
        "select exports.id from exports join accounts using (account_id) where status = 'ready' and accounts.name = %s"
    )

    def ready_export() -> Any:
        return connection.execute(query, [texts.by_name["account"]]).fetchone()

    await asyncio.to_thread(until, ready_export, ANSWER)
    (export_id,) = ready_export()
    answer = await web.get(f"/api/exports/{ids.encode('exp', export_id)}")
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        contents_of_archive = b"".join(archive.read(name) for name in archive.namelist())
    assert texts.caller <= texts.in_(contents_of_archive)


async def erase_caller(socket: Socket, connection: psycopg.Connection, texts: Texts) -> None:
    await socket.send(DataState, "erase", "/settings/data", form={"whom": texts.by_name["caller's address"]})
    await socket.wait_for("permanently erased")
    query = (
        "select count(*) from jobs.procrastinate_jobs where task_name = 'forget_calls' and status in ('todo', 'doing')"
    )
    await asyncio.to_thread(until, lambda: connection.execute(query).fetchone() == (0,), ANSWER)


async def test_every_text_stands_where_it_may_and_nowhere_else(
    stack: Stack, web: httpx.AsyncClient, texts: Texts
) -> None:
    home = stack.instance.home
    await sign_up(web, stack, texts)
    cookie = f"{stack.settings.cookie_name}={texts.by_name['login']}"
    with psycopg.connect(stack.superuser_url, autocommit=True) as connection:
        async with connect(stack.url, cookie) as socket:
            place = await publish_flow(socket, stack, texts)
            await make_call(socket, web, stack, texts, place)
            await export(socket, web, connection, texts)
            await try_what_is_forbidden(web, socket, texts)
            await fill_log(stack)
            assert columns(connection, texts) == COLUMNS
            assert redis_keys(stack, texts) == PAGES
            assert places_in_files(home, texts) == FILES
            assert process_secrets(stack, texts) == []

            await erase_caller(socket, connection, texts)
            # What was said is gone; the wording that was agreed to stays as the proof, without saying who agreed.
            other_columns = {name: places for name, places in COLUMNS.items() if name not in texts.caller}
            remaining = {name: places - {"call_transcripts.text"} for name, places in other_columns.items()}
            assert columns(connection, texts) == remaining
            assert texts.caller & redis_keys(stack, texts).keys() == set()
            assert places_in_files(home, texts) == MAILBOX
