"""Everything the sandbox knows, in one place: shops, orders, calls, clock, faults, pushes."""

import random
from collections import defaultdict

from sandbox.calls import Calls
from sandbox.clock import Clock
from sandbox.config import Channel, Config, ShopSpec
from sandbox.faults import Faults
from sandbox.grants import Grants, Shop
from sandbox.ids import Ids, stable_number
from sandbox.limits import Limits
from sandbox.pushes import Push, Pushes, Wire
from sandbox.shopee import wire as shopee_wire
from sandbox.tiktok import wire as tiktok_wire
from sandbox.truth import Order, Request


class World:
    """State in memory, deterministic by `config.seed`; build it inside a running event loop."""

    def __init__(self, config: Config, *, clock: Clock | None = None) -> None:
        self.config = config
        self.clock = clock or Clock()
        self.ids = Ids(config.seed)
        self.random = random.Random(f"world:{config.seed}")  # noqa: S311 (repeatable on purpose)
        self.faults = Faults(config.seed)
        self.limits = Limits()
        self.calls = Calls()
        self.grants = Grants(config, self.clock, self.ids)
        self.shops: dict[tuple[Channel, str], Shop] = {}
        self.orders: dict[tuple[Channel, str], Order] = {}
        self.created: list[Order] = []
        self.by_shop: dict[tuple[Channel, str], list[Order]] = defaultdict(list)
        self.requests: dict[tuple[Channel, str], tuple[Order, Request]] = {}
        self.remembered: dict[tuple[str, str], tuple[str, str]] = {}  # TikTok: (shop, idempotency_key) → (cancel_id, action)
        self.stock: dict[tuple[str, str, str], int] = {}  # (channel:shop, article, place) → what the seller set
        self.lost = shopee_wire.LostPushes(self.clock)
        wires: dict[Channel, Wire] = {
            Channel.SHOPEE: shopee_wire.a_wire(config, self.lost),
            Channel.TIKTOK: tiktok_wire.a_wire(config, self._tiktok_address),
        }
        self.pushes = Pushes(self.clock, self.faults, wires)
        for spec in config.shops:
            self.add_shop(spec)

    def add_shop(self, spec: ShopSpec) -> Shop:
        cipher = f"ROW_{stable_number('cipher', spec.shop_id, digits=18):x}"
        shop = Shop(spec=spec, cipher=cipher, grant=self.grants.add_shop(spec), reject_reasons=tiktok_wire.reject_reasons())
        self.shops[spec.channel, spec.shop_id] = shop
        return shop

    def add_order(self, order: Order) -> None:
        self.orders[order.channel, order.ref] = order
        self.created.append(order)
        self.by_shop[order.channel, order.shop_id].append(order)

    def add_request(self, order: Order, request: Request) -> None:
        self.requests[order.channel, request.ref] = (order, request)

    def _tiktok_address(self, push: Push) -> str | None:
        shop = self.shops.get((Channel.TIKTOK, push.shop_id))
        own = shop.webhooks.get(push.topic) if shop else None
        return str(own["address"]) if own else self.config.tiktok_push_url
