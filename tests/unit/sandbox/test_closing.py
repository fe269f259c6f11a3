"""What a sandbox that ends leaves behind."""

import asyncio

from sandbox.app import make_app
from sandbox.config import Config


async def test_a_push_whose_time_comes_after_the_end_is_not_begun():
    app = make_app(Config())
    pushes = app.state.world.pushes
    async with app.router.lifespan_context(app):
        pass
    before = asyncio.all_tasks()
    pushes.send(channel="shopee", shop_id="200001", topic="3", body={})
    assert asyncio.all_tasks() == before
