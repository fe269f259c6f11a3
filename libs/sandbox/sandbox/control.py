"""The control API for tests and demos: `/_sandbox/…`, a public promise (CONTRACTS E5)."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.buyers import Buyers
from sandbox.clock import iso
from sandbox.config import CHANGEABLE, Channel
from sandbox.control_orders import CONTROL_EVENTS, order_shown
from sandbox.control_shops import shop_event, shop_shown, shop_tokens, shops_added
from sandbox.desk import Desk
from sandbox.faults import a_script
from sandbox.grants import Shop
from sandbox.moves import Impossible
from sandbox.placing import an_order
from sandbox.truth import Order
from sandbox.world import World

Body = dict[str, Any]
Act = Callable[[HttpRequest, Body], tuple[int, Any]]


class Missing(LookupError):
    """No such shop, order or event."""


def _json(act: Act) -> Callable[[HttpRequest], Awaitable[Response]]:
    """Body in, JSON out: 404 for what is missing, 409 for what is impossible now, 422 for what makes no sense."""

    async def handle(request: HttpRequest) -> Response:
        try:
            raw = await request.body()
            body = json.loads(raw) if raw else {}
            if not isinstance(body, dict):
                raise ValueError("the body is a JSON object")  # noqa: TRY004, TRY301 (answered below)
            status, answer = act(request, body)
        except Missing as missing:
            return _problem(HTTPStatus.NOT_FOUND, missing)
        except Impossible as impossible:
            return _problem(HTTPStatus.CONFLICT, impossible)
        except (ValueError, KeyError, TypeError, AttributeError) as wrong:
            return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, wrong)
        return Response(status_code=status) if answer is None else JSONResponse(answer, status)

    return handle


def _problem(status: HTTPStatus, error: Exception) -> Response:
    return JSONResponse({"status": status.value, "title": status.phrase, "detail": str(error)}, status)


class Control:
    def __init__(self, world: World, desk: Desk, buyers: Buyers) -> None:
        self.world, self.desk, self.buyers = world, desk, buyers

    def routes(self) -> list[Route]:
        table: list[tuple[str, str, Act]] = [
            ("GET", "/orders", self.list_orders),
            ("POST", "/orders", self.add_order),
            ("GET", "/orders/{channel}/{order_ref}", self.show_order),
            ("POST", "/orders/{channel}/{order_ref}/{event}", self.order_event),
            ("GET", "/calls", lambda _request, _body: (HTTPStatus.OK, {"items": self.world.calls.totals()})),
            ("DELETE", "/calls", self.forget_calls),
            (
                "GET",
                "/calls/recent",
                lambda _request, _body: (HTTPStatus.OK, {"items": [call.shown() for call in self.world.calls.recent]}),
            ),
            ("GET", "/pushes", lambda _request, _body: (HTTPStatus.OK, {"items": [push.shown() for push in self.world.pushes.recent]})),
            ("GET", "/shops", self.list_shops),
            ("POST", "/shops", self.add_shop),
            ("POST", "/shops/{channel}/{shop_id}/{event}", self.shop_event),
            ("PUT", "/shops/{channel}/{shop_id}/reject-reasons", self.offer_reasons),
            ("GET", "/faults", lambda _request, _body: (HTTPStatus.OK, self.world.faults.shown())),
            ("PUT", "/faults", self.set_faults),
            ("DELETE", "/faults", self.clear_faults),
            ("POST", "/faults/script", self.add_script),
            ("GET", "/clock", lambda _request, _body: (HTTPStatus.OK, self._clock())),
            ("PUT", "/clock", self.bend_clock),
            ("GET", "/config", lambda _request, _body: (HTTPStatus.OK, self._config())),
            ("PUT", "/config", self.change_config),
            ("GET", "/buyers", lambda _request, _body: (HTTPStatus.OK, self.buyers.shown())),
            ("PUT", "/buyers", lambda _request, body: (HTTPStatus.OK, self.buyers.set(body))),
            ("GET", "/catalogue", self.catalogue),
        ]
        return [Route(f"/_sandbox{path}", _json(act), methods=[method]) for method, path, act in table]

    def list_orders(self, request: HttpRequest, _body: Body) -> tuple[int, Any]:
        """Created orders after sequence number `since`, oldest first, at most 500."""
        since = int(request.query_params.get("since", "0"))
        items = [order_shown(order) for order in self.world.created[since : since + 500]]
        return HTTPStatus.OK, {"items": items, "last": items[-1]["seq"] if items else since}

    def add_order(self, _request: HttpRequest, body: Body) -> tuple[int, Any]:
        shop = self._shop(str(body["channel"]), str(body["shop_id"]))
        order = an_order(self.world, shop, body)
        self.desk.placed(order)
        return HTTPStatus.CREATED, order_shown(order)

    def show_order(self, request: HttpRequest, _body: Body) -> tuple[int, Any]:
        return HTTPStatus.OK, order_shown(self._order(request), self.world)

    def order_event(self, request: HttpRequest, body: Body) -> tuple[int, Any]:
        event = CONTROL_EVENTS.get(request.path_params["event"])
        if event is None:
            raise Missing(f"no event {request.path_params['event']}; there are {', '.join(CONTROL_EVENTS)}")
        order = self._order(request)
        event(self.desk, order, body)
        return HTTPStatus.OK, order_shown(order, self.world)

    def forget_calls(self, _request: HttpRequest, _body: Body) -> tuple[int, Any]:
        self.world.calls.counts.clear()
        return HTTPStatus.NO_CONTENT, None

    def list_shops(self, _request: HttpRequest, _body: Body) -> tuple[int, Any]:
        return HTTPStatus.OK, {"items": [shop_shown(self.world, shop) for shop in self.world.shops.values()]}

    def add_shop(self, _request: HttpRequest, body: Body) -> tuple[int, Any]:
        shop, new = shops_added(self.world, body)
        if new:
            self.desk.watch_authorisation(shop)
        return (HTTPStatus.CREATED if new else HTTPStatus.OK), shop_tokens(self.world, shop)

    def shop_event(self, request: HttpRequest, body: Body) -> tuple[int, Any]:
        shop = self._shop(request.path_params["channel"], request.path_params["shop_id"])
        if not shop_event(self.desk, shop, request.path_params["event"], body):
            raise Missing("events of a shop: revoke, expire-token, restore, expiring")
        return HTTPStatus.OK, shop_shown(self.world, shop)

    def offer_reasons(self, request: HttpRequest, body: Body) -> tuple[int, Any]:
        """`{"reasons": [{name, text}]}` is the list from now on."""
        shop = self._shop(request.path_params["channel"], request.path_params["shop_id"])
        reasons = body.get("reasons", body.get("items"))
        if not isinstance(reasons, list):
            raise ValueError('the body is {"reasons": [{"name", "text"}]}')  # noqa: TRY004 (422, like every other wrong body)
        shop.reject_reasons = [{"name": str(reason["name"]), "text": str(reason.get("text", reason["name"]))} for reason in reasons]
        return HTTPStatus.OK, {"reasons": shop.reject_reasons}

    def set_faults(self, _request: HttpRequest, body: Body) -> tuple[int, Any]:
        self.world.faults.set(body)
        return HTTPStatus.OK, self.world.faults.shown()

    def clear_faults(self, _request: HttpRequest, _body: Body) -> tuple[int, Any]:
        self.world.faults.clear()
        return HTTPStatus.NO_CONTENT, None

    def add_script(self, _request: HttpRequest, body: Body) -> tuple[int, Any]:
        self.world.faults.add_scripts([a_script(entry) for entry in body["script"]])
        return HTTPStatus.OK, self.world.faults.shown()

    def bend_clock(self, _request: HttpRequest, body: Body) -> tuple[int, Any]:
        scale, advance = body.get("scale"), float(body.get("advance_s", 0))
        if (scale is not None and not 0 < float(scale) <= 1_000_000) or advance < 0:  # noqa: PLR2004 (named in the message)
            raise ValueError("scale is above 0 and at most 1000000, advance_s is not negative")
        self.world.clock.bend(scale=None if scale is None else float(scale), advance_s=advance)
        return HTTPStatus.OK, self._clock()

    def change_config(self, _request: HttpRequest, body: Body) -> tuple[int, Any]:
        unknown = body.keys() - CHANGEABLE
        if unknown:
            raise ValueError(f"can't change {', '.join(sorted(unknown))}; can change {', '.join(sorted(CHANGEABLE))}")
        for name, value in body.items():
            setattr(self.world.config, name, value)
        return HTTPStatus.OK, self._config()

    def catalogue(self, _request: HttpRequest, _body: Body) -> tuple[int, Any]:
        """What the demo's sellers sell, with the stock they open with."""
        return HTTPStatus.OK, {"items": [{**asdict(product), "price": str(product.price)} for product in self.world.config.products]}

    def _clock(self) -> dict[str, Any]:
        clock = self.world.clock
        return {"now": iso(clock.now()), "real": iso(clock.real()), "scale": clock.scale}

    def _config(self) -> dict[str, Any]:
        config = self.world.config
        return {"seed": config.seed, **{name: getattr(config, name) for name in sorted(CHANGEABLE)}}

    def _shop(self, channel: str, shop_id: str) -> Shop:
        shop = self.world.shops.get((Channel(channel), shop_id)) if channel in set(Channel) else None
        if shop is None:
            raise Missing(f"no shop {channel}/{shop_id}")
        return shop

    def _order(self, request: HttpRequest) -> Order:
        channel, ref = request.path_params["channel"], request.path_params["order_ref"]
        order = self.world.orders.get((Channel(channel), ref)) if channel in set(Channel) else None
        if order is None:
            raise Missing(f"no order {channel}/{ref}")
        return order
