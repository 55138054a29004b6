"""The routes, and what every request passes: readiness, key, faults."""

import asyncio
import os
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import psutil
from aiohttp import web
from pydantic import ValidationError

from local_providers import access
from local_providers.deepgram import errors as deepgram
from local_providers.deepgram import listen, speak
from local_providers.engines import Engines, load
from local_providers.faults import Connection, Endpoint, Fault, Faults
from local_providers.openai import chat, embeddings
from local_providers.openai import errors as openai
from local_providers.resend import emails
from local_providers.resend import errors as resend
from local_providers.resend.mailbox import Mailbox
from quantum_app.kit import log
from quantum_app.settings import VERSION, LocalProviders, home

_log = log.logger(__name__)

_MAX_BODY = 64 * 2**20
_MAX_TIMINGS = 2000

Handler = Callable[[web.Request, Engines, str, Connection], Awaitable[web.StreamResponse]]
Answer = Callable[[web.Request, str, Connection], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Vendor:
    """How one vendor takes the key and words its refusals: `refusal(status, code, message)`.

    anonymous: for requests without any key, where the vendor tells them apart.
    """

    schemes: tuple[str, ...]
    unauthorized: Exception
    refusal: Callable[[int, str, str], Exception]
    anonymous: Exception | None = None


_DEEPGRAM = Vendor(("token", "bearer"), deepgram.INVALID_AUTH, deepgram.VendorError)
_OPENAI = Vendor(
    ("bearer",),
    openai.INVALID_KEY,
    lambda status, code, message: openai.VendorError(status, message, code=code, kind="server_error"),
)
_RESEND = Vendor(("bearer",), resend.INVALID_KEY, resend.refusal, resend.MISSING_KEY)


class Providers:
    """The running process: its models once they are loaded, its mailbox, its faults, its key."""

    def __init__(self, settings: LocalProviders) -> None:
        self._settings = settings
        self._key = settings.key.get_secret_value()
        self._faults = Faults()
        self._mailbox = Mailbox(home() / "mailbox.json")
        self._engines: Engines | None = None
        self._failure: str | None = None
        self._load_seconds = 0.0

    def application(self) -> web.Application:
        app = web.Application(client_max_size=_MAX_BODY)
        app.add_routes(
            [
                web.get("/health", self._health),
                web.get("/admin/timings", self._timings),
                web.route("*", "/admin/faults/{endpoint}", self._fault),
                web.get("/v1/listen", self._model(Endpoint.LISTEN, _DEEPGRAM, listen.serve)),
                web.post("/v1/listen", self._model(Endpoint.LISTEN, _DEEPGRAM, listen.transcribe)),
                web.get("/v1/speak", self._model(Endpoint.SPEAK, _DEEPGRAM, speak.serve)),
                web.post("/v1/speak", self._model(Endpoint.SPEAK, _DEEPGRAM, speak.synthesize)),
                web.post("/v1/chat/completions", self._model(Endpoint.CHAT, _OPENAI, chat.completions)),
                web.get("/v1/models", self._model(Endpoint.CHAT, _OPENAI, chat.models)),
                web.post("/v1/embeddings", self._model(Endpoint.EMBEDDINGS, _OPENAI, embeddings.embeddings)),
                web.post("/emails", self._vendor(Endpoint.EMAILS, _RESEND, self._emails)),
                web.get("/mailbox", self._mails),
            ]
        )
        app.cleanup_ctx.append(self._loading)
        return app

    async def _loading(self, _: web.Application) -> AsyncIterator[None]:
        """Load in the background, so that health answers meanwhile."""
        task = asyncio.create_task(self._load())
        yield
        task.cancel()
        if self._engines is not None:
            self._engines.executor.close()

    async def _load(self) -> None:
        began = time.perf_counter()
        try:
            self._engines = await asyncio.get_running_loop().run_in_executor(None, load, self._settings.whisper_model)
        except Exception as error:
            self._failure = f"{type(error).__name__}: {error}"
            _log.exception("models.load_failed", message="Check LOCAL_PROVIDERS_WHISPER_MODEL and the installation.")
            return
        self._load_seconds = round(time.perf_counter() - began, 2)
        _log.info(
            "models.loaded", message="Local providers are ready.", seconds=self._load_seconds, memory_mb=_memory_mb()
        )

    def _vendor(
        self, endpoint: Endpoint, vendor: Vendor, answer: Answer
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """`answer`, reached with the key and through the endpoint's faults."""

        async def handle(request: web.Request) -> web.StreamResponse:
            request_id = str(uuid.uuid4())
            transport = request.transport

            def abort() -> None:
                if transport is not None:
                    transport.abort()

            connection = self._faults.enter(endpoint, abort)
            try:
                if vendor.anonymous and "Authorization" not in request.headers:
                    raise vendor.anonymous
                if not access.has_key(request, self._key, *vendor.schemes):
                    raise vendor.unauthorized
                fault = connection.fault
                if fault.status is not None:
                    await asyncio.sleep(fault.delay_ms / 1000)
                    raise vendor.refusal(fault.status, fault.error_code, "An injected fault.")
                return await answer(request, request_id, connection)
            except (deepgram.VendorError, openai.VendorError, resend.VendorError) as error:
                _log.info(
                    "request.rejected",
                    message="A request was rejected.",
                    endpoint=endpoint,
                    request_id=request_id,
                    status=error.status,
                    code=error.code,
                )
                return error.response(request_id)
            except ConnectionError:
                _log.info(
                    "request.abandoned", message="The client disconnected.", endpoint=endpoint, request_id=request_id
                )
                raise
            finally:
                self._faults.leave(endpoint, connection)

        return handle

    def _model(
        self, endpoint: Endpoint, vendor: Vendor, handler: Handler
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The same for `handler`, which needs the models."""

        async def answer(request: web.Request, request_id: str, connection: Connection) -> web.StreamResponse:
            if self._engines is None:
                raise vendor.refusal(503, "SERVICE_UNAVAILABLE", self._failure or "The models are loading.")
            if request.method == "POST":
                await connection.hold()
            return await handler(request, self._engines, request_id, connection)

        return self._vendor(endpoint, vendor, answer)

    async def _emails(self, request: web.Request, request_id: str, connection: Connection) -> web.StreamResponse:
        """Accepted first, answered late: a client that does not wait has sent the mail all the same."""
        answer = await emails.send(request, self._mailbox, request_id)
        await connection.hold()
        return answer

    async def _mails(self, request: web.Request) -> web.Response:
        """`GET /mailbox`: what was sent, newest first."""
        self._admit_admin(request)
        return web.json_response({"data": self._mailbox.newest_first()})

    async def _health(self, _: web.Request) -> web.Response:
        engines = self._engines
        is_loaded = engines is not None
        status = "ok" if is_loaded else "failed" if self._failure else "loading"
        return web.json_response(
            {
                "status": status,
                "version": VERSION,
                "models": {name: is_loaded for name in ("recognizer", "vad", "synthesizer", "embedder")},
                "recognizer": engines.recognizer.name if engines else None,
                "load_seconds": self._load_seconds if is_loaded else None,
                "memory_mb": _memory_mb(),
                "error": self._failure,
            },
            status=200 if is_loaded else 503,
        )

    def _admit_admin(self, request: web.Request) -> None:
        if not access.from_loopback(request):
            raise web.HTTPForbidden(text="Only from this machine.")
        if not access.has_key(request, self._key, "token", "bearer"):
            raise web.HTTPUnauthorized(text="Send `Authorization: Bearer <LOCAL_PROVIDERS_KEY>`.")

    async def _timings(self, request: web.Request) -> web.Response:
        self._admit_admin(request)
        count = request.query.get("last", "100")
        if not (count.isascii() and count.isdigit()) or int(count) > _MAX_TIMINGS:
            raise web.HTTPBadRequest(text=f"`last` must be a number from 0 to {_MAX_TIMINGS}.")
        return web.json_response(self._engines.timings.last(int(count)) if self._engines else [])

    async def _fault(self, request: web.Request) -> web.Response:
        self._admit_admin(request)
        if not self._settings.fault_injection:
            raise web.HTTPNotFound(text="Fault injection is off: LOCAL_PROVIDERS_FAULT_INJECTION=true turns it on.")
        try:
            endpoint = Endpoint(request.match_info["endpoint"])
        except ValueError:
            raise web.HTTPNotFound(text=f"Endpoints are {', '.join(Endpoint)}.") from None
        if request.method == "PUT":
            try:
                self._faults.set(endpoint, Fault.model_validate_json(await request.text()))
            except ValidationError as error:
                raise web.HTTPBadRequest(text=str(error)) from None
            _log.info("fault.set", message="A fault is being injected.", endpoint=endpoint)
        elif request.method == "DELETE":
            self._faults.clear(endpoint)
            _log.info("fault.cleared", message="A fault is no longer injected.", endpoint=endpoint)
        elif request.method != "GET":
            raise web.HTTPMethodNotAllowed(request.method, ["GET", "PUT", "DELETE"])
        fault = self._faults.get(endpoint)
        return web.json_response(fault.model_dump() if fault else None)


def _memory_mb() -> int:
    return psutil.Process(os.getpid()).memory_info().rss // 2**20
