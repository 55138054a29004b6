"""`python -m agent_worker`: takes calls from LiveKit, each in a process of its own, until it is told to stop.

SIGTERM or SIGINT: no new calls; the calls in progress are ended politely within the drain time.
`GET /` on the worker's port answers 200 once LiveKit may send calls here, 503 before and while stopping.
"""

import asyncio
import contextlib
import multiprocessing
import os
import platform
import signal
from collections.abc import AsyncGenerator
from functools import partial

from aiohttp import web
from livekit.agents import AgentServer

from agent_worker.dispatch import slots
from agent_worker.dispatch.redispatch import OrphanedCallRedispatcher
from agent_worker.logging_config import configure_logging
from agent_worker.persistence.spool_recovery import SpoolRecovery
from agent_worker.session import entrypoint
from quantum_app.errors import Component
from quantum_app.kit.log import logger
from quantum_app.providers.livekit import Rooms
from quantum_app.providers.redis_bus import RedisBus
from quantum_app.providers.redis_capacity import RedisCapacity
from quantum_app.settings import Settings, settings

# Seconds a call without a process may wait for one: longer than this program takes to start on a busy machine.
GRACE_PERIOD = 30.0


def load(server: AgentServer) -> float:
    """How full this worker is: calls in progress of those it may take."""
    return min(1.0, len(server.active_jobs) / settings().worker.max_calls)


async def serve(config: Settings) -> None:
    """Run until a signal comes, or LiveKit cannot be reached any more."""
    log = logger(__name__, stage=Component.DISPATCH)
    # LiveKit would load its turn model, 240 MB that nobody uses; `agent_worker.preload` loads what is used.
    os.environ["LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE"] = "0"
    draining = multiprocessing.get_context("forkserver").Event()
    server = AgentServer(
        ws_url=config.livekit.url,
        api_key=config.livekit.api_key,
        api_secret=config.livekit.api_secret.get_secret_value(),
        # LiveKit's own health page says OK before calls may come; ours is `_health`.
        host="127.0.0.1",
        port=0,
        setup_fnc=partial(entrypoint.prewarm, draining=draining),
        load_fnc=load,
        load_threshold=0.999,
        num_idle_processes=1,
        initialize_process_timeout=60.0,
        drain_timeout=config.worker.drain_timeout,
        shutdown_process_timeout=5.0,
        preload_modules=["agent_worker.preload"],
    )
    url = config.redis.url.get_secret_value()
    # The same after a restart, so that nobody counts the slots of a process that is gone.
    capacity, worker = RedisCapacity.at(url, config.capacity), f"{platform.node()}:{config.worker.port}"
    server.rtc_session(
        entrypoint.handle, agent_name=config.worker.agent_name, on_request=partial(slots.handle_job_request, capacity)
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    spool = config.home / "spool"
    bus = RedisBus(url)
    registered = asyncio.Event()

    def on_registered(*_: object) -> None:
        registered.set()

    server.on("worker_registered", on_registered)  # pyright: ignore[reportUnknownMemberType]

    async def rescuing() -> None:
        # Before that nobody would come.
        await registered.wait()
        await OrphanedCallRedispatcher(spool, Rooms(config.livekit, config.worker.agent_name), capacity).run()

    async def publishing() -> None:
        await registered.wait()
        await slots.advertise(capacity, worker, config.worker.max_calls)

    replay = asyncio.create_task(SpoolRecovery(spool, bus, grace_period=GRACE_PERIOD).run())
    rescue = asyncio.create_task(rescuing())
    publish = asyncio.create_task(publishing())
    async with _health(server, registered, config.worker.port):
        running = asyncio.create_task(server.run(devmode=False))
        stop_requested = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stop_requested}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            log.info("worker.draining", message="The worker takes no more calls.", calls=len(server.active_jobs))
            # Nobody takes up a call that ends because we leave.
            rescue.cancel()
            publish.cancel()
            draining.set()
            await asyncio.wait({publish})
            await slots.withdraw(capacity, worker)
            with contextlib.suppress(TimeoutError):
                await server.drain()
            await server.aclose()
        for task in (stop_requested, rescue, replay, publish):
            task.cancel()
        await asyncio.gather(stop_requested, rescue, replay, publish, return_exceptions=True)
        await bus.aclose()
        await capacity.aclose()
        await running


@contextlib.asynccontextmanager
async def _health(server: AgentServer, registered: asyncio.Event, port: int) -> AsyncGenerator[None]:
    async def answer(_: web.Request) -> web.Response:
        ready = registered.is_set() and not server.draining
        body = {"status": "ok" if ready else "starting", "max_calls": settings().worker.max_calls}
        if ready:
            body["calls"] = len(server.active_jobs)
        return web.json_response(body, status=200 if ready else 503)

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield
    finally:
        await runner.cleanup()


def main() -> None:
    config = settings()
    configure_logging(config)
    asyncio.run(serve(config))


if __name__ == "__main__":
    main()
