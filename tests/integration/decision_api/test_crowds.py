"""Many who ask at once: nobody waits for a connection that another of them holds."""

import asyncio

LINK = (201, {}, {"url": "https://marketplace.example/auth", "expires_at": "2026-11-24T00:00:00Z"})


async def test_links_that_many_ask_for_at_once_keep_nobody_waiting(seller, ingestor):
    ingestor.answers = LINK
    wanted = {"channel": "shopee", "shop_id": await seller.shop()}
    keys = [None, *(f"key-{number % 4}" for number in range(23))]
    async with asyncio.timeout(20):
        answers = await asyncio.gather(*(seller.post("/shops/connect-links", wanted, role="admin", key=key) for key in keys))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert answers[0].status_code == 201
    assert (await seller.post("/shops/connect-links", wanted, role="admin", key="key-1")).headers["idempotency-replayed"]
