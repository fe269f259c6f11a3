"""Puts the sandbox together: one application that is both marketplaces, the control API and the page."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette

from sandbox.buyers import Buyers
from sandbox.config import Config
from sandbox.consent import Consent
from sandbox.control import Control
from sandbox.desk import Desk
from sandbox.page import Page
from sandbox.shopee.routes import routes as shopee_routes
from sandbox.tiktok.routes import routes as tiktok_routes
from sandbox.world import World


def make_app(config: Config) -> Starlette:
    """Call inside the event loop that will serve it: timers and pushes live there."""
    world = World(config)
    desk = Desk(world)
    buyers = Buyers(desk)
    for shop in world.shops.values():
        desk.watch_authorisation(shop)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(world.clock.run()), asyncio.create_task(buyers.run())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await world.pushes.close()

    routes = [
        *Page(world).routes(),
        *Control(world, desk, buyers).routes(),
        *Consent(world, desk).routes(),
        *tiktok_routes(world, desk),
        *shopee_routes(world, desk),  # last: it answers everything below /api/v2
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.world = world
    return app
