"""Names to addresses."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

from quantum_app.errors import SiteUnavailable
from quantum_app.kit.public_address import IPAddress

Resolver = Callable[[str], Awaitable[Sequence[IPAddress]]]

# Threads of its own: a slow name server holds one for half a minute, and nothing else waits for that.
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="resolver")


async def resolve(host: str) -> Sequence[IPAddress]:
    """All addresses of a name, best first. Raises SiteUnavailable."""
    # Absolute, so that no search domain of this machine is appended.
    name = f"{host}.".encode("ascii")
    try:
        rows = await asyncio.get_running_loop().run_in_executor(
            _threads, lambda: socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        )
    except socket.gaierror:
        raise SiteUnavailable(f"We can't find {host}. Check the address.") from None
    return [ip_address(row[4][0]) for row in rows]
