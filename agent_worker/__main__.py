"""`python -m agent_worker`: takes calls from LiveKit, each in a process of its own, until it is told to stop.

SIGTERM or SIGINT: no new calls; the calls in progress are ended politely within the drain time.
"""

import asyncio
import contextlib
import multiprocessing
import signal
from functools import partial

from livekit.agents import AgentServer

from agent_worker import job
from agent_worker.logs import set_up
from agent_worker.replay import Replayer
from agent_worker.rescue import Rescuer
from quantum_app.errors import Segment
from quantum_app.kit.log import logger
from quantum_app.providers.livekit import Rooms
from quantum_app.providers.redis_bus import RedisBus
from quantum_app.settings import settings

# Imported once for all calls; the last ones would otherwise be imported on first use, while a caller waits.
PRELOADED = ["agent_worker.job", "psycopg", "anyio._backends._asyncio", "anyio.streams.memory", "numpy.fft"]


def load(server: AgentServer) -> float:
    """How full this worker is: calls in progress of those it may take."""
    return min(1.0, len(server.active_jobs) / settings().worker.max_calls)


async def serve() -> None:
    """Run until a signal comes."""
    wanted = settings()
    log = logger(__name__, stage=Segment.DISPATCH)
    draining = multiprocessing.get_context("forkserver").Event()
    server = AgentServer(
        ws_url=wanted.livekit.url,
        api_key=wanted.livekit.api_key,
        api_secret=wanted.livekit.api_secret.get_secret_value(),
        host="127.0.0.1",
        port=wanted.worker.port,
        setup_fnc=partial(job.prewarm, draining=draining),
        load_fnc=load,
        load_threshold=0.999,
        num_idle_processes=1,
        drain_timeout=wanted.worker.drain_timeout,
        shutdown_process_timeout=5.0,
        preload_modules=PRELOADED,
    )
    server.rtc_session(job.handle, agent_name=wanted.worker.agent_name)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    bus = RedisBus(wanted.redis.url.get_secret_value())
    spool = wanted.home / "spool"
    caring = [
        asyncio.create_task(Replayer(spool, bus).run()),
        asyncio.create_task(Rescuer(spool, Rooms(wanted.livekit, wanted.worker.agent_name)).run()),
    ]
    running = asyncio.create_task(server.run(devmode=False))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if stop.is_set():
        # Nobody rescues a call that ends because we leave.
        caring[1].cancel()
        log.info("draining", calls=len(server.active_jobs))
        draining.set()
        with contextlib.suppress(TimeoutError):
            await server.drain()
        await server.aclose()
    for task in (stopped, *caring):
        task.cancel()
    await asyncio.gather(stopped, *caring, return_exceptions=True)
    await bus.aclose()
    await running


def main() -> None:
    wanted = settings()
    set_up(wanted)
    asyncio.run(serve())


if __name__ == "__main__":
    main()
