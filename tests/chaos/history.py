"""What is left after a run, as anybody can see it from outside: the checker's whole world."""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
from tests.support.crowd import patiently
from tests.support.wire import Wire

from contracts import topics
from local_stack.demo.zetpy import token
from local_stack.settings import SERVICES, Stack

if TYPE_CHECKING:
    from aiokafka import ConsumerRecord
    from tests.chaos.world import World

JSON = dict[str, Any]
READ_AT_ONCE = 8
OPENING = 10_000
"""Units of each SKU before the first sale."""
OUTBOXES = ("ingestor", "decision", "inventory", "sync_back", "accounts")


@dataclass(frozen=True, slots=True)
class Shop:
    channel: str
    shop_id: str
    skus: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Click:
    """A seller's answer that was accepted."""

    request_id: str
    answer: str
    state: str
    revision: int


@dataclass(frozen=True)
class Said:
    """A record of a topic, decoded without any code of the system's own."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes

    @cached_property
    def envelope(self) -> JSON:
        return dict(json.loads(self.value))

    @property
    def data(self) -> JSON:
        return dict(self.envelope["data"])

    @property
    def type(self) -> str:
        """`cancel-approved.v1`"""
        return str(self.envelope["type"]).removeprefix("com.zetpy.")

    @property
    def id(self) -> str:
        return f"{self.envelope['source']} {self.envelope['id']}"

    @property
    def where(self) -> str:
        return f"{self.topic}/{self.partition}@{self.offset}"


@dataclass(frozen=True, kw_only=True)
class History:
    """`opening`: units of each SKU before the first sale. `said`: all records about these shops, per partition in order, with repeats."""

    opening: dict[str, int]
    truth: dict[str, JSON]
    """Order → the marketplace's word with `calls`, at the end."""
    rows: list[JSON]
    clicks: Sequence[Click]
    said: list[Said]
    levels: dict[str, JSON]
    ledger: list[JSON]
    deliveries: list[JSON]
    timelines: dict[str, list[JSON]] = field(default_factory=dict)
    dead: list[str] = field(default_factory=list)
    unsent: dict[str, int] = field(default_factory=dict)
    """Database → events that were never published."""
    lag: dict[str, int] = field(default_factory=dict)
    """Consumer and topic → records that were never handled."""
    stumbles: Sequence[str] = ()


def told_about(history: History, findings: Iterable[object]) -> list[str]:
    """All that is known about the requests and orders that these findings name, for whoever looks for the cause."""
    text = "\n".join(map(str, findings))
    refs = {row["order_ref"] for row in history.rows if row["id"] in text} | {ref for ref in history.truth if ref in text}
    lines = []
    for ref in sorted(refs):
        ids = {row["id"] for row in history.rows if row["order_ref"] == ref}
        lines += [f"== order {ref}", f"marketplace: {json.dumps(history.truth[ref])}"]
        lines += [f"request: {json.dumps(row)}" for row in history.rows if row["order_ref"] == ref]
        lines += [f"timeline: {json.dumps(entry)}" for id_ in ids for entry in history.timelines.get(id_, [])]
        lines += [f"delivery: {json.dumps(each)}" for each in history.deliveries if each["request_id"] in ids]
        lines += [f"click: {click}" for click in history.clicks if click.request_id in ids]
        lines += [f"{said.where}: {said.value.decode()}" for said in history.said if ref in said.key or said.data.get("request_id") in ids]
    return lines


async def gather(world: "World", *, dead_before: Sequence[str] = ()) -> History:
    """Read everything about the world's shops; nothing may be under way any more."""
    stack, wire = world.stack, Wire(world.stack.kafka_url, "")
    truth = await _truth(world)
    rows = await world.rows(list(truth))
    headers = {"Authorization": f"Bearer {token(stack, role='ops')}"}
    ops = httpx.AsyncClient(base_url=f"http://127.0.0.1:{stack.sync_back_port}/v1", headers=headers, trust_env=False, timeout=30)
    skus = [sku for shop in world.shops for sku in shop.skus]
    try:
        levels = await _pages(world.seller.inventory, "/stock-levels", {"sku": skus})
        movements = [each for sku in skus for each in await _pages(world.seller.inventory, "/stock-movements", {"sku": sku})]
        deliveries = await _pages(ops, "/deliveries", {"shop_id": [shop.shop_id for shop in world.shops]})
    finally:
        await ops.aclose()
    return History(
        opening=dict.fromkeys(skus, OPENING),
        truth=truth,
        rows=rows,
        clicks=tuple(world.clicks),
        said=await _said(wire, {shop.shop_id for shop in world.shops}, set(skus)),
        levels={level["sku"]: level for level in levels},
        ledger=movements,
        deliveries=deliveries,
        timelines=await _timelines(world, [row["id"] for row in rows]),
        dead=[each for each in await dead_letters(wire) if each not in set(dead_before)],
        unsent={name: count for name in OUTBOXES if (count := await _unsent(stack, name))},
        lag=await lag(stack),
        stumbles=tuple(world.stumbles),
    )


async def _truth(world: "World") -> dict[str, JSON]:
    found = await _some_at_once([lambda each=each: world.market.order(each.shop.channel, each.ref) for each in world.placed.values()])
    return {order["order_ref"]: order for order in found}


async def _timelines(world: "World", ids: Sequence[str]) -> dict[str, list[JSON]]:
    async def of(request_id: str) -> list[JSON]:
        answer = await world.seller.decision.get(f"/cancel-requests/{request_id}/timeline")
        return list(answer.raise_for_status().json()["items"])

    return dict(zip(ids, await _some_at_once([lambda id_=id_: of(id_) for id_ in ids]), strict=True))


async def _some_at_once(calls: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for start in range(0, len(calls), READ_AT_ONCE):
        found += await asyncio.gather(*(patiently(call) for call in calls[start : start + READ_AT_ONCE]))
    return found


async def _pages(client: httpx.AsyncClient, path: str, params: JSON) -> list[JSON]:
    items: list[JSON] = []
    params = {"limit": 200, **params}
    while True:
        page = (await patiently(lambda: client.get(path, params=params))).raise_for_status().json()
        items += page["items"]
        if not page.get("next_cursor"):
            return items
        params["cursor"] = page["next_cursor"]


async def _said(wire: Wire, shop_ids: set[str], skus: set[str]) -> list[Said]:
    records = [(record, topic.name) for topic in topics.TOPICS for record in await wire.read(topic.name)]
    return [said for record, topic in records if (said := _about(record, topic, shop_ids, skus))]


def _about(record: "ConsumerRecord[Any, Any]", topic: str, shop_ids: set[str], skus: set[str]) -> Said | None:
    """Keys name the shop or the SKU: `shopee:1:SN`, `seller-a:order:shopee:1:SN`, `seller-a:SKU`."""
    key = (record.key or b"").decode(errors="replace")
    parts = set(key.split(":"))
    if not record.value or not parts & (shop_ids | skus):
        return None
    return Said(topic, record.partition, record.offset, key, record.value)


async def dead_letters(wire: Wire) -> list[str]:
    """All dead letters of all consumers: where each came from and why it died."""
    found = []
    for topic in topics.TOPICS:
        for consumer in topic.consumers:
            name = topics.dlq(topic, consumer)
            for record in await wire.read(name):
                headers = {key: (value or b"").decode(errors="replace") for key, value in record.headers}
                found.append(f"{name}/{record.partition}@{record.offset}: {headers}")
    return found


async def _unsent(stack: Stack, name: str) -> int:
    connection = await asyncpg.connect(database_of(stack, name))
    try:
        return int(await connection.fetchval("select count(*) from outbox"))
    finally:
        await connection.close()


def database_of(stack: Stack, name: str) -> str:
    """One of the stack's databases, entered by the superuser."""
    server = urlsplit(stack.database_url)
    return urlunsplit((server.scheme, server.netloc, f"/{name}", server.query, ""))


async def lag(stack: Stack) -> dict[str, int]:
    """Per consumer and topic: records whose offsets are not committed."""
    wire = Wire(stack.kafka_url, "")
    behind: dict[str, int] = {}
    for name in SERVICES:
        for topic in topics.TOPICS:
            if name not in topic.consumers or topic.compacted:  # a relay's commit marks count as records there
                continue
            committed, ends = await wire.committed(name, topic.name), await wire.ends(topic.name)
            if missing := sum(end - committed.get(partition, 0) for partition, end in ends.items()):
                behind[f"{name} {topic.name}"] = missing
    return behind
