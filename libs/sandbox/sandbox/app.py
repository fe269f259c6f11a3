"""Puts the sandbox together: one application that is both marketplaces, the control API and the page."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette

from sandbox.config import Config
from sandbox.consent import Consent
from sandbox.control import Control
from sandbox.desk import Desk
from sandbox.shopee.routes import routes as shopee_routes
from sandbox.tiktok.routes import routes as tiktok_routes
from sandbox.world import World


def make_app(config: Config) -> Starlette:
    """Call inside the event loop that will serve it: timers and pushes live there."""
    world = World(config)
    desk = Desk(world)
    for shop in world.shops.values():
        desk.watch_authorisation(shop)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        timers = asyncio.create_task(world.clock.run())
        try:
            yield
        finally:
            timers.cancel()
            await world.pushes.close()

    routes = [
        *Control(world, desk).routes(),
        *Consent(world, desk).routes(),
        *tiktok_routes(world, desk),
        *shopee_routes(world, desk),  # last: it answers everything below /api/v2
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.world = world
    return app
