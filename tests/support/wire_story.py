"""One order from the marketplace's own JSON to stock, through the real code of every service, and nothing that runs."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pydantic import SecretStr
from tests.support.requests import SELLER
from tests.support.situations import seen

from contracts import topics
from contracts.event import Event, announce, decode, encode
from contracts.sync_outcomes import OutcomeSynced
from contracts.topics import Topic
from contracts.values import FoundBy, RejectReasonNeed
from decision.domain import orders, requests
from decision.domain.alerts import Rules, open_alerts, refresh
from decision.domain.decide import Decided, Wish, decide
from decision.domain.orders import OrderState
from decision.domain.requests import Change, Request
from decision.domain.tabs import TAB_OF
from ingestor.domain import observe as ingestor
from ingestor.domain.known import NOTHING_KNOWN, Look, ShopFacts
from ingestor.domain.known import Rules as LookRules
from inventory.domain.announcements import settled_event, unmatched_event
from inventory.domain.orders import OrderStock, restock
from marketplaces.channels import open_channels
from marketplaces.interface import Access
from marketplaces.seen import OrderSeen
from marketplaces.settings import MarketplaceSettings

JSON = dict[str, Any]
T0 = 1_790_000_000
"""Unix seconds, as the marketplaces write time."""
REJECT_REASON: dict[str, RejectReasonNeed] = {"shopee": "none", "tiktok": "required"}
SHOP = {"shopee": "200001", "tiktok": "7490000000000000001"}
REFS = {"shopee": "2609221234ABCD", "tiktok": "5760000000000000001"}


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(T0 + seconds, UTC)


def shopee_order(status: str = "IN_CANCEL", *, updated: float = 0, **changed: Any) -> JSON:
    """As get_order_detail shows it: one line of two units, shipment arranged."""
    parcel = {"CANCELLED": "LOGISTICS_REQUEST_CANCELED", "SHIPPED": "LOGISTICS_PICKUP_DONE"}.get(status, "LOGISTICS_REQUEST_CREATED")
    return {
        "order_sn": REFS["shopee"],
        "region": "MY",
        "currency": "MYR",
        "cod": False,
        "order_status": status,
        "create_time": T0 - 9000,
        "update_time": T0 + updated,
        "pay_time": T0 - 8900,
        "total_amount": 45.9,
        "buyer_user_id": 777,
        "buyer_cancel_reason": "Need to change delivery address",
        "cancel_by": "",
        "cancel_reason": "",
        "fulfillment_flag": "fulfilled_by_local_seller",
        "item_list": [shopee_item()],
        "package_list": [{"package_number": "P1", "logistics_status": parcel, "shipping_carrier": "SPX"}],
    } | changed


def shopee_item(**changed: Any) -> JSON:
    return {
        "item_id": 5001,
        "item_name": "T-shirt",
        "item_sku": "",
        "model_id": 6001,
        "model_name": "Blue, M",
        "model_sku": "TEE",
        "model_quantity_purchased": 2,
        "model_discounted_price": 20.5,
        "promotion_type": "",
    } | changed


def tiktok_order(status: str = "AWAITING_SHIPMENT", *, updated: float = 0, **changed: Any) -> JSON:
    """As the order detail shows it: two units of one article."""
    return {
        "id": REFS["tiktok"],
        "status": status,
        "create_time": T0 - 9000,
        "update_time": T0 + updated,
        "paid_time": T0 - 8900,
        "is_cod": False,
        "fulfillment_type": "FULFILLMENT_BY_SELLER",
        "user_id": "7000000000000000001",
        "payment": {"currency": "MYR", "total_amount": "45.90"},
        "line_items": [tiktok_line(1), tiktok_line(2)],
    } | changed


def tiktok_line(number: int, **changed: Any) -> JSON:
    return {
        "id": f"576000000000000100{number}",
        "product_id": "1729000000000000001",
        "product_name": "T-shirt",
        "sku_id": "1720000000000000001",
        "sku_name": "Blue, M",
        "seller_sku": "TEE",
        "currency": "MYR",
        "sale_price": "20.50",
        "is_gift": False,
    } | changed


def cancellation(status: str = "PENDING", *, updated: float = 0, number: int = 1, units: Sequence[int] = (1, 2), **changed: Any) -> JSON:
    """As cancellations/search shows it."""
    asks = [{"action": "SELLER_RESPOND_CANCEL", "deadline": T0 + 172_800}] if status == "PENDING" else []
    return {
        "cancel_id": f"403000000000000000{number}",
        "order_id": REFS["tiktok"],
        "cancel_type": "BUYER_CANCEL",
        "cancel_status": f"CANCELLATION_REQUEST_{status}",
        "role": "BUYER",
        "cancel_reason": "ecom_order_to_ship_canceled_reason_better_price",
        "cancel_reason_text": "Better price available",
        "create_time": T0,
        "update_time": T0 + updated,
        "seller_next_action_response": asks,
        "refund_amount": {"currency": "MYR", "refund_total": "45.90"},
        "cancel_line_items": [
            {
                "cancel_line_item_id": f"40390000{number}{unit}",
                "order_line_item_id": f"576000000000000100{unit}",
                "sku_id": "1",
                "seller_sku": "TEE",
            }
            for unit in units
        ],
    } | changed


def bodies(channel: str, state: str, *, updated: float = 0, **order: Any) -> tuple[JSON, list[JSON]]:
    """An order whose request is `open`, `closed` or `granted`, in the channel's own words."""
    if channel == "shopee":
        word = {"open": "IN_CANCEL", "closed": "PROCESSED", "granted": "CANCELLED"}[state]
        return shopee_order(word, updated=updated, **order), []
    word = {"open": "PENDING", "closed": "CANCELLED", "granted": "COMPLETE"}[state]
    status = "CANCELLED" if state == "granted" else "AWAITING_SHIPMENT"
    return tiktok_order(status, updated=updated if state == "granted" else 0, **order), [cancellation(word, updated=updated)]


class WireStory:
    """`await story.shows(order, cancellations)` lets it be read; `click` decides; the rest follows by itself."""

    def __init__(self, channel: str, *, levels: Mapping[str, int] | None = None) -> None:
        self.channel = channel
        self.clock = at(10)
        self.order_body: JSON = {}
        self.cancellations: list[JSON] = []
        self.known = NOTHING_KNOWN
        self.requests: dict[str, Request] = {}
        self.order_state = OrderState()
        self.stock = OrderStock()
        self.levels = Counter(levels if levels is not None else {"TEE": 8})
        self.said: list[Any] = []
        self.look_again: str | None = None
        self.connected(-90_000)

    def connected(self, seconds: float) -> None:
        """When the shop was connected."""
        need = REJECT_REASON[self.channel]
        self.shop = ShopFacts(seller_id="seller-a", name="Shop", region="MY", reject_reason=need, stock_from=at(seconds))

    async def read(self, order: JSON, cancellations: Sequence[JSON] = (), *, lasts: float = 0.1) -> OrderSeen:
        """What the channel's own client makes of these bodies; it takes `lasts` seconds of our clock."""
        self.order_body, self.cancellations = deepcopy(order), deepcopy(list(cancellations))
        ref = str(order.get("order_sn") or order.get("id"))
        ticks = iter([self.clock, self.clock])

        def now() -> datetime:
            return next(ticks, self.clock + timedelta(seconds=lasts))

        client = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        channels = open_channels(_SETTINGS, purpose="reading", client=client, now=now)
        access = Access(channel=self.channel, shop_id=SHOP[self.channel], region="MY", token=SecretStr("t"), cipher="c")
        reading = await channels.by_name[self.channel].read_orders(access, [ref])
        self.clock += timedelta(seconds=lasts + 1)
        return reading.orders[ref]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.channel == "shopee":
            body: JSON = {"error": "", "message": "", "request_id": "r", "response": {"order_list": [self.order_body]}}
        elif "cancellations" in request.url.path:
            data = {"cancellations": self.cancellations, "total_count": len(self.cancellations), "next_page_token": ""}
            body = {"code": 0, "message": "Success", "request_id": "r", "data": data}
        else:
            body = {"code": 0, "message": "Success", "request_id": "r", "data": {"orders": [self.order_body]}}
        return httpx.Response(200, content=json.dumps(body))

    async def shows(self, order: JSON, cancellations: Sequence[JSON] = (), *, lasts: float = 0.1) -> None:
        self.store(await self.read(order, cancellations, lasts=lasts))

    def store(self, read: OrderSeen) -> None:
        """The ingestor takes a read in, and all that follows happens."""
        patience = LookRules(patience=timedelta(0))
        observed = ingestor.observe(self.known, read, shop=self.shop, look=Look(found_by=FoundBy.PUSH), rules=patience)
        self.known, self.look_again = observed.known, observed.look_again
        for each in observed.said:
            shown = travelled(announce(each.data, source="/zetpy/ingestor", time=each.at), topics.CANCEL_REQUESTS)
            self.said.append(shown.data)
            known = self.requests.get(shown.data.request_id)
            self._take(requests.observe(known, shown.data, now=self.clock, rules=Rules()))

    def click(self, answer: Any, request_id: str | None = None) -> None:
        """The seller decides, and the marketplace takes the answer."""
        request = self.requests[request_id] if request_id else self.newest
        outcome = decide(request, Wish(answer, reason="packed"), by=SELLER, now=self.clock)
        assert isinstance(outcome, Decided), outcome
        self._take(outcome.change)
        facts = {"request_id": request.request_id, "order": request.order, "action": answer, "attempt": 1, "at": self.clock}
        taken = OutcomeSynced(**facts, revision=outcome.change.request.revision, already=False)
        self._take(requests.hear_outcome(self.requests[request.request_id], taken, now=self.clock, rules=Rules()))

    def _take(self, change: Change) -> None:
        request = refresh(change.request, now=self.clock, rules=Rules())
        self.requests[request.request_id] = request
        for said in change.says:
            self._restock(travelled(announce(said, source="/zetpy/decision", time=self.clock), topics.CANCEL_DECISIONS))
        siblings = list(self.requests.values())
        for each in [requests.let_go(one, siblings, now=self.clock) for one in siblings]:
            self.requests[each.request.request_id] = each.request
        self.order_state, _ = orders.changed(self.order_state, list(self.requests.values()), cause=request, now=self.clock)

    def _restock(self, said: Event[Any]) -> None:
        answer = restock(self.stock, said.data, has_level=self.levels)
        if answer is None:
            return
        self.stock = answer.stock
        for move in answer.moves:
            self.levels[move.sku] += move.quantity
        told = [unmatched_event(line, cause=said, now=self.clock) for line in answer.unmatched if line.request_id == said.data.request_id]
        told.append(settled_event(answer.settled, cause=said, now=self.clock))
        for each in told:
            heard = travelled(each, topics.STOCK_MOVEMENTS).data
            known = self.requests[heard.request_id]
            self.requests[known.request_id] = refresh(
                requests.hear_stock(known, heard, now=self.clock).request, now=self.clock, rules=Rules()
            )

    @property
    def newest(self) -> Request:
        return max(self.requests.values(), key=lambda each: (each.facts.requested_at, each.facts.read_started_at))

    def outcome(self) -> dict[str, str]:
        """In the words of the table."""
        if not self.requests:
            return dict.fromkeys(("request", "sync", "stock", "order", "hold", "recall", "seller reads"), "-")
        request = self.newest
        return seen(
            state=request.state,
            sync=request.sync.state,
            stock=request.stock_state,
            status=self.order_state.status,
            hold=self.order_state.hold,
            recall=self.order_state.recall,
            tab=TAB_OF[request.state],
            alerts=open_alerts(request.alerts),
        )


def travelled(event: Event[Any], topic: Topic) -> Event[Any]:
    """As it arrives."""
    return decode(encode(event), topic)


_SETTINGS = MarketplaceSettings(
    accounts_database_url="postgresql://nowhere",  # type: ignore[arg-type] # text, as in the environment
    accounts_key="A" * 43 + "=",  # type: ignore[arg-type]
    shopee_url="http://shopee.test",
    shopee_partner_id=1000001,
    shopee_partner_key="key",  # type: ignore[arg-type]
    shopee_push_key="key",  # type: ignore[arg-type]
    shopee_callback_url="https://hooks.example.test/shopee",
    tiktok_url="http://tiktok.test",
    tiktok_auth_url="http://auth.tiktok.test",
    tiktok_app_key="key",  # type: ignore[arg-type]
    tiktok_app_secret="secret",  # type: ignore[arg-type]
    shopee_calls_per_second=1_000_000,
    tiktok_calls_per_second=1_000_000,
)
