"""The page at `/`: what both Seller Centers would show, buttons to make things happen, and the calls that came in."""

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from importlib import resources
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.calls import Call
from sandbox.config import Channel
from sandbox.control_orders import marketplace_status
from sandbox.grants import Shop
from sandbox.truth import CANCELLABLE, Order, Stage
from sandbox.world import World

SECURITY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'",
    "X-Content-Type-Options": "nosniff",
}
TITLES = {Channel.SHOPEE: "Shopee Seller Centre", Channel.TIKTOK: "TikTok Shop Seller Center"}
UNTOLD = frozenset({"shop_id", "shop_cipher", "response_optional_fields"})
SHOWN_ORDERS = 40
SHOWN_CALLS = 40
QUIET_READS = frozenset({"get_order_list", "cancellations/search", "orders/search", "get_lost_push_message"})

_FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Marketplace sandbox</title>
<link rel="stylesheet" href="/_sandbox/page.css"><script src="/_sandbox/page.js" defer></script></head>
<body><header><h1>Marketplace sandbox</h1><p>What Shopee and TikTok Shop know. Make something happen here, watch Zetpy react.</p>
<p id="said" role="status"></p></header><main id="world">{body}</main></body></html>
"""


class Page:
    def __init__(self, world: World) -> None:
        self.world = world
        self._files = {name: resources.files("sandbox").joinpath("static", name).read_text() for name in ("page.js", "page.css")}

    def routes(self) -> list[Route]:
        return [
            Route("/", self.whole),
            Route("/_sandbox/page", self.part),
            Route("/_sandbox/page.js", self.script),
            Route("/_sandbox/page.css", self.style),
        ]

    async def whole(self, _request: HttpRequest) -> Response:
        return HTMLResponse(_FRAME.format(body=self._body()), headers=SECURITY)

    async def part(self, _request: HttpRequest) -> Response:
        """The inside of the page, fetched again and again by its script."""
        return HTMLResponse(self._body(), headers=SECURITY)

    async def script(self, _request: HttpRequest) -> Response:
        return Response(self._files["page.js"], media_type="text/javascript", headers=SECURITY)

    async def style(self, _request: HttpRequest) -> Response:
        return Response(self._files["page.css"], media_type="text/css", headers=SECURITY)

    def _body(self) -> str:
        return "".join(self._channel(channel) for channel in Channel) + self._calls() + self._shops()

    def _channel(self, channel: Channel) -> str:
        newest = [order for order in reversed(self.world.created) if order.channel is channel]
        shown = sorted(newest[:400], key=lambda order: order.open_request is None)[:SHOWN_ORDERS]  # those that wait stand first
        rows = [self._order_row(order) for order in shown]
        waiting = sum(order.open_request is not None for order in newest)
        return _table(f"{TITLES[channel]} · {waiting} to answer", ("Order", "Shop", "Articles", "Status", "Request", "Happens now"), rows)

    def _order_row(self, order: Order) -> str:
        shop = self.world.shops[order.channel, order.shop_id].spec
        articles = ", ".join(f"{escape(line.sku or line.name)} &times; {len(line.units)}" for line in order.lines)
        status = f'<span class="chip {escape(order.word)}">{escape(marketplace_status(order))}</span>'
        buttons = "".join(_button(f"/_sandbox/orders/{order.channel}/{order.ref}/{event}", label) for event, label in _events(order))
        return _row(escape(order.ref), escape(shop.name), articles, status, self._request_cell(order), buttons)

    def _request_cell(self, order: Order) -> str:
        if not order.requests:
            return ""
        request = order.requests[-1]
        words = [f"{request.role}: {request.reason.rpartition('reason_')[2]}"]
        if order.open_request and request.deadline is not None:
            left = int(self.world.clock.to_real(request.deadline) - self.world.clock.real())
            words.append(f"answer within {left // 3600} h {left % 3600 // 60} min {left % 60} s")
        if request.answering:
            words.append(f"{request.answering} taken")
        if request.ended_by:
            words.append(f"{request.state} by {request.ended_by}")
        return escape(" · ".join(words))

    def _calls(self) -> str:
        newest = [call for call in reversed(self.world.calls.recent) if call.endpoint not in QUIET_READS][:SHOWN_CALLS]
        return _table("Calls received", ("At", "Shop", "Call", "Order", "Asked", "Answer"), [_call_row(call) for call in newest])

    def _shops(self) -> str:
        return _table(
            "Shops", ("Shop", "Seller", "Authorisation", "Happens now"), [self._shop_row(shop) for shop in self.world.shops.values()]
        )

    def _shop_row(self, shop: Shop) -> str:
        spec, usable = shop.spec, shop.grant.usable(self.world.clock.now())
        events = [("revoke", "Seller revokes"), ("expire-token", "Token expires")] if usable else [("restore", "Restore")]
        buttons = "".join(_button(f"/_sandbox/shops/{spec.channel}/{spec.shop_id}/{event}", label) for event, label in events)
        state = '<span class="chip new">authorised</span>' if usable else '<span class="chip cancelled">not authorised</span>'
        return _row(escape(f"{spec.name} ({spec.channel} {spec.shop_id})"), escape(spec.seller), state, buttons)


def _events(order: Order) -> list[tuple[str, str]]:
    """The buttons that would not be refused."""
    if order.open_request:
        return [
            ("withdraw", "Buyer withdraws"),
            ("seller-center-approve", "Seller approves here"),
            ("seller-center-reject", "Seller rejects here"),
            ("ship", "Courier collects"),
            ("expire", "Deadline passes"),
        ]
    events = []
    if order.word != "cancelled" and order.stage in CANCELLABLE:
        if order.channel is Channel.TIKTOK or not order.requests:
            events.append(("request-cancel", "Buyer asks to cancel"))
        events.append(("instant-cancel", "Cancelled at once"))
        events += [("arrange", "Seller arranges")] if order.stage is Stage.NEW else []
        events += [("ship", "Courier collects")] if order.stage is Stage.READY_TO_SHIP else []
    return events


def _call_row(call: Call) -> str:
    at = datetime.fromtimestamp(call.at, UTC).strftime("%H:%M:%S")
    asked = ", ".join(
        f"{name}={value}" for name, value in call.request.items() if name not in {"shop_id", "shop_cipher", "response_optional_fields"}
    )
    kind = "write" if call.writes else ""
    cells = (at, call.shop_id, call.endpoint, ", ".join(call.orders[:2]), asked[:160], _answered(call))
    return _row(*(escape(cell) for cell in cells), kind=kind)


def _answered(call: Call) -> str:
    if call.answer is None:
        return f"{call.http_status or 'hangs'} ({call.fault})" if call.fault else "…"
    error: Any = call.answer.get("error", call.answer.get("code"))
    return "taken" if error in {"", 0} else f"{error}: {call.answer.get('message', '')}"


def _button(path: str, label: str) -> str:
    return f'<button data-post="{escape(path)}">{escape(label)}</button>'


def _row(*cells: str, kind: str = "") -> str:
    return f'<tr class="{kind}">' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _table(title: str, heads: Iterable[str], rows: list[str]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join(rows) or '<tr><td class="none">nothing yet</td></tr>'
    return f"<section><h2>{escape(title)}</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></section>"
