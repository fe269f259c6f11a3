"""One call from arrival to answer: read it, let a fault strike, answer it, write it down."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.calls import Call
from sandbox.config import Channel
from sandbox.faults import Fault
from sandbox.world import World

CREDENTIALS = frozenset({"sign", "access_token", "app_secret", "refresh_token", "auth_code", "code", "timestamp", "partner_id", "app_key"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A call as it came: nothing is believed yet."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes
    body: Any  # decoded JSON, None when there is none or it is broken
    path_ids: Mapping[str, str]

    def shown(self) -> dict[str, Any]:
        """Parameters and body in one, without credentials: what calls are remembered by."""
        body = self.body if isinstance(self.body, dict) else {}
        return {name: value for name, value in {**self.path_ids, **self.query, **body}.items() if name not in CREDENTIALS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    body: dict[str, Any]
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What is asked, by its name in calls and faults, and how it is answered."""

    name: str
    channel: Channel
    writes: bool
    shop_of: Callable[[Incoming], str]
    orders_of: Callable[[Incoming], tuple[str, ...]]
    answer: Callable[[Incoming, Fault | None], Answer]
    fail: Callable[[Fault], Answer]


async def read(request: HttpRequest) -> Incoming:
    raw = await request.body()
    try:
        body = json.loads(raw) if raw else None
    except ValueError:
        body = None
    return Incoming(
        method=request.method,
        path=request.url.path,
        query=dict(request.query_params),
        headers=request.headers,
        raw=raw,
        body=body,
        path_ids=request.path_params,
    )


async def serve(world: World, endpoint: Endpoint, request: HttpRequest) -> Response:
    incoming = await read(request)
    shop_id, orders = endpoint.shop_of(incoming), endpoint.orders_of(incoming)
    call = Call(
        at=world.clock.real(),
        channel=endpoint.channel,
        shop_id=shop_id,
        endpoint=endpoint.name,
        request=incoming.shown(),
        writes=endpoint.writes,
        orders=orders,
    )
    world.calls.add(call)
    fault = world.faults.of_call(endpoint.channel, endpoint.name, shop_id, orders)
    call.fault = fault.kind if fault else None
    response = await _respond(endpoint, incoming, fault, call)
    call.http_status = response.status_code
    return response


async def _respond(endpoint: Endpoint, incoming: Incoming, fault: Fault | None, call: Call) -> Response:
    kind = fault.kind if fault else None
    if fault and kind in {"slow", "timeout_before"}:
        await asyncio.sleep(fault.seconds)
    if kind == "timeout_before":
        return PlainTextResponse("upstream request timeout", HTTPStatus.GATEWAY_TIMEOUT)
    if fault and kind == "unavailable":
        return PlainTextResponse("Service Unavailable", fault.http_status or HTTPStatus.SERVICE_UNAVAILABLE)
    answer = endpoint.fail(fault) if fault and kind in {"error", "throttle"} else endpoint.answer(incoming, fault)
    if fault and kind == "timeout_after":
        await asyncio.sleep(fault.seconds)
        return PlainTextResponse("upstream request timeout", HTTPStatus.GATEWAY_TIMEOUT)
    call.answer = answer.body
    return JSONResponse(answer.body, answer.status, headers=answer.headers)
