"""What is pushed to pages that are open: to who may see it at that moment."""

import asyncio
from contextlib import aclosing

from quantum_app.domain.accounts.permissions import Role
from quantum_app.kit.clock import now
from quantum_app.providers.redis_bus import RedisBus
from quantum_app.web.calls.state import Calls
from tests.isolation.world import World
from tests.stack import Stack
from tests.web.socket import connected


async def test_a_role_that_was_taken_away_is_shown_nothing_more(world: World, web: Stack) -> None:
    world.mend()
    of, login = world.a.account_id, world.logins[Role.VIEWER]

    async def happens(bus: RedisBus, who: str) -> None:
        world.connection.execute("update consent_tickets set email = %s where account_id = %s", [who, of])
        (call,) = world.connection.execute("select id from call_sessions where account_id = %s", [of]).fetchall()[0]
        await bus.publish(of, {"type": "usage", "call_id": str(call), "at": now().isoformat()})

    redis = web.settings.redis.url.get_secret_value()
    async with aclosing(RedisBus(redis)) as bus, connected(web.url, login.cookie) as socket:
        await socket.send(Calls, "load", "/calls")
        await socket.wait_for('"loaded_rx_state_": true')
        await happens(bus, "first@caller.example")
        await socket.wait_for("first@caller.example")
        world.connection.execute("update memberships set role = 'operator' where user_id = %s", [login.user_id])
        await happens(bus, "other@caller.example")
        await asyncio.sleep(1)
        assert "other@caller.example" not in socket.updates
    world.mend()
