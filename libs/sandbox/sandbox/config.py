"""What a sandbox is started with: app credentials, shops, catalogue, limits, and where pushes go."""

import dataclasses
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

DAY = 86_400


class Channel(StrEnum):
    SHOPEE = "shopee"
    TIKTOK = "tiktok"


CURRENCIES = {"MY": "MYR", "PH": "PHP", "SG": "SGD"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopSpec:
    channel: Channel
    shop_id: str
    name: str
    region: str
    seller: str
    account: str | None = None  # TikTok: shops with the same account share one authorisation; Shopee: the main account (a whole number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One sellable thing of a seller; `sku` None is a product whose seller never typed one."""

    seller: str
    sku: str | None
    name: str
    variant: str | None
    price: Decimal
    opening_stock: int


def _demo_shops() -> tuple[ShopSpec, ...]:
    regions = ("MY", "PH", "SG")
    first = [
        ShopSpec(channel=channel, shop_id=f"{prefix}{n}", name=f"{name} {region}", region=region, seller="seller-a")
        for channel, prefix, name in ((Channel.SHOPEE, "20000", "Aster Home"), (Channel.TIKTOK, "749000000000000000", "Aster Live"))
        for n, region in enumerate(regions, start=1)
    ]
    second = [
        ShopSpec(channel=Channel.SHOPEE, shop_id="200011", name="Birch Toys MY", region="MY", seller="seller-b"),
        ShopSpec(channel=Channel.TIKTOK, shop_id="7490000000000000011", name="Birch Toys Live MY", region="MY", seller="seller-b"),
    ]
    return (*first, *second)


_DEMO_PRODUCTS = (
    ("seller-a", "AST-TEE-BLU-M", "Cotton T-shirt", "Blue, M", "41.00", 120),
    ("seller-a", "AST-TEE-RED-L", "Cotton T-shirt", "Red, L", "41.00", 80),
    ("seller-a", "AST-MUG-350", "Stoneware mug 350 ml", None, "24.90", 200),
    ("seller-a", "AST-LAMP-W", "Desk lamp", "White", "89.00", 60),
    ("seller-a", "AST-TOWEL-3", "Towel set of 3", "Sand", "55.50", 90),
    ("seller-a", "AST-PHONE-CASE", "Phone case", "Clear", "15.80", 400),
    ("seller-a", "AST-BOTTLE-1L", "Steel bottle 1 l", "Green", "38.00", 150),
    ("seller-b", "BIR-BLOCKS-50", "Wooden blocks, 50 pieces", None, "64.00", 70),
    ("seller-b", "BIR-PUZZLE-CAT", "Puzzle", "Cat", "19.90", 110),
    ("seller-b", "BIR-KITE-RED", "Kite", "Red", "29.00", 95),
)


def _demo_products() -> tuple[Product, ...]:
    return tuple(
        Product(seller=seller, sku=sku, name=name, variant=variant, price=Decimal(price), opening_stock=stock)
        for seller, sku, name, variant, price, stock in _DEMO_PRODUCTS
    )


def _respond_windows() -> dict[str, float]:
    """Seconds a seller has: Shopee's help pages per region, TikTok's API overview (48 h; its pages disagree)."""
    return {"shopee:MY": DAY, "shopee:SG": 2 * DAY, "shopee:PH": 2 * DAY, "tiktok": 2 * DAY}


@dataclass(slots=True, kw_only=True)
class Config:
    """Everything settable; `PUT /_sandbox/config` may change what `CHANGEABLE` names while it runs."""

    seed: int = field(default_factory=lambda: random.SystemRandom().randrange(1_000_000))
    partner_id: int = 1_000_001
    partner_key: str = "sandbox-partner-key"
    push_key: str = "sandbox-push-key"
    app_key: str = "sandboxapp"
    app_secret: str = "sandbox-app-secret"  # noqa: S105 (made up; guards nothing)
    service_id: str = "7400000000000000001"
    shopee_push_url: str | None = "http://127.0.0.1:8001/webhooks/shopee"
    tiktok_push_url: str | None = "http://127.0.0.1:8001/webhooks/tiktok"
    tiktok_redirect_url: str = "http://127.0.0.1:8001/connect/tiktok/callback"
    effect_delay_s: float = 0.2
    shopee_rate_per_s: float = 10.0
    tiktok_rate_per_s: float = 50.0
    shopee_access_s: float = 4 * 3600
    shopee_refresh_s: float = 30 * DAY
    tiktok_access_s: float = 7 * DAY
    authorisation_s: float = 365 * DAY
    respond_within_s: dict[str, float] = field(default_factory=_respond_windows)
    shops: tuple[ShopSpec, ...] = field(default_factory=_demo_shops)
    products: tuple[Product, ...] = field(default_factory=_demo_products)

    def respond_window(self, channel: Channel, region: str) -> float:
        return self.respond_within_s.get(f"{channel}:{region}", self.respond_within_s.get(channel, DAY))


CHANGEABLE = frozenset(
    {
        "shopee_push_url", "tiktok_push_url", "tiktok_redirect_url", "effect_delay_s", "shopee_rate_per_s", "tiktok_rate_per_s",
        "shopee_access_s", "shopee_refresh_s", "tiktok_access_s", "authorisation_s", "respond_within_s",
    }
)  # fmt: skip


def a_shop(raw: Mapping[str, Any]) -> ShopSpec:
    return ShopSpec(**{**raw, "channel": Channel(raw["channel"]), "shop_id": str(raw["shop_id"])})


def load(path: Path | None, **overrides: Any) -> Config:
    """Read a JSON file shaped like `Config`; unknown names are an error, overrides that are None are left out."""
    raw: dict[str, Any] = json.loads(path.read_text()) if path else {}
    raw |= {name: value for name, value in overrides.items() if value is not None}
    unknown = raw.keys() - {known.name for known in dataclasses.fields(Config)}
    if unknown:
        raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
    if "shops" in raw:
        raw["shops"] = tuple(a_shop(shop) for shop in raw["shops"])
    if "products" in raw:
        raw["products"] = tuple(Product(**{**product, "price": Decimal(str(product["price"]))}) for product in raw["products"])
    return Config(**raw)
