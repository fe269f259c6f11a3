"""Shopee as a `Channel`: orders, changes, answers, tokens, pushes, lost pushes."""

import math
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from pydantic import SecretStr

from contracts.values import RejectReasonNeed
from marketplaces import loose
from marketplaces.bulk import Found, read_in_bulk
from marketplaces.failures import Permanent, Unavailable
from marketplaces.interface import Access, Answered, ChannelName, Consent, LostPushes, Received, RejectReasons, ShopSeen, TokenPair
from marketplaces.paging import Page, pages
from marketplaces.seen import Change, Reading
from marketplaces.shopee import pushes, tokens
from marketplaces.shopee.calls import ShopeeCalls
from marketplaces.shopee.orders import OPTIONAL_FIELDS, order_seen, status_of
from marketplaces.windows import windows

ORDER_DETAIL = "/api/v2/order/get_order_detail"
ORDER_LIST = "/api/v2/order/get_order_list"
ANSWER = "/api/v2/order/handle_buyer_cancellation"
SHOP_INFO = "/api/v2/shop/get_shop_info"
LOST_PUSHES = "/api/v2/push/get_lost_push_message"
CONFIRM_LOST_PUSHES = "/api/v2/push/confirm_consumed_lost_push_message"

OPEN_FOR_DAYS = 28
"""How far back `list_open` looks: a request is answered or expires within days, and two calls cover this."""


class Shopee:
    """Shopee Open Platform v2. Each call's promise stands at `marketplaces.interface.Channel`."""

    def __init__(
        self,
        calls: ShopeeCalls,
        *,
        push_key: SecretStr,
        callback_url: str,
        hex_key_too: bool,
        consent_url: str,
        now: Callable[[], datetime],
    ) -> None:
        self._calls = calls
        self._push_key = push_key
        self._callback_url = callback_url
        self._hex_key_too = hex_key_too
        self._consent_url = consent_url
        self._now = now

    @property
    def name(self) -> ChannelName:
        return "shopee"

    @property
    def reject_reason(self) -> RejectReasonNeed:
        return "none"

    async def read_orders(self, access: Access, order_refs: Sequence[str]) -> Reading:
        async def read(refs: Sequence[str], found: Found) -> None:
            await self._read_orders(access, refs, found)

        return await read_in_bulk(order_refs, read, unknown_order=_is_about_an_unknown_order)

    async def _read_orders(self, access: Access, refs: Sequence[str], found: Found) -> None:
        params = {"order_sn_list": ",".join(refs), "response_optional_fields": OPTIONAL_FIELDS, "request_order_status_pending": "true"}
        started = self._now()
        body = await self._calls.get(access, ORDER_DETAIL, params)
        ended = self._now()
        found.call_ids.extend(loose.texts(body.get("request_id")))
        for order in loose.records(_listed(body, "order_list")):
            seen = order_seen(
                order,
                shop_id=access.shop_id,
                region=access.region,
                started=started,
                ended=ended,
                call_ids=loose.texts(body.get("request_id")),
            )
            if seen is not None and seen.order_ref in refs:
                found.orders[seen.order_ref] = seen

    async def list_changes(self, access: Access, *, since: datetime, until: datetime) -> AsyncIterator[Change]:
        async for change in self._list(access, since=since, until=until, status=None):
            yield change

    async def list_open(self, access: Access) -> AsyncIterator[Change]:
        until = self._now()
        async for change in self._list(access, since=until - timedelta(days=OPEN_FOR_DAYS), until=until, status="IN_CANCEL"):
            yield change

    async def _list(self, access: Access, *, since: datetime, until: datetime, status: str | None) -> AsyncIterator[Change]:
        for start, end in windows(since, until):
            params = {
                "time_range_field": "update_time",
                "time_from": str(int(start.timestamp())),
                "time_to": str(math.ceil(end.timestamp())),
                "page_size": "100",
                "response_optional_fields": "order_status",
                "request_order_status_pending": "true",
                **({"order_status": status} if status else {}),
            }
            async for page in pages(self._page(access, params), next_token=_next_cursor):
                for order in loose.records(page["order_list"]):
                    if (change := _change(order, status)) is not None:
                        yield change

    def _page(self, access: Access, params: dict[str, str]) -> Callable[[str], Any]:
        async def read(cursor: str) -> Page:
            body = await self._calls.get(access, ORDER_LIST, {**params, "cursor": cursor})
            _listed(body, "order_list")
            return loose.record(body.get("response"))

        return read

    async def approve(self, access: Access, *, order_ref: str, native_id: str, idempotency_key: str) -> Answered:  # noqa: ARG002 - order-level, no key
        return await self._answer(access, order_ref, "ACCEPT")

    async def reject(
        self,
        access: Access,
        *,
        order_ref: str,
        native_id: str,  # noqa: ARG002 - order-level
        idempotency_key: str,  # noqa: ARG002 - Shopee has none
        reason: str | None = None,  # noqa: ARG002 - nor reasons
        comment: str | None = None,  # noqa: ARG002 - nor comments
    ) -> Answered:
        return await self._answer(access, order_ref, "REJECT")

    async def _answer(self, access: Access, order_sn: str, operation: str) -> Answered:
        body = await self._calls.post(access, ANSWER, {"order_sn": order_sn, "operation": operation})
        return Answered(call_id=loose.text(body.get("request_id")))

    async def reject_reasons(self, access: Access, *, native_id: str, locale: str) -> RejectReasons:  # noqa: ARG002 - Shopee has none
        return RejectReasons(required=False, items=())

    async def read_shops(self, access: Access) -> tuple[ShopSeen, ...]:
        body = await self._calls.get(access, SHOP_INFO, {})
        info = loose.record(body.get("response")) or body
        name, region = loose.text(info.get("shop_name")) or access.shop_id, loose.region(info.get("region")) or access.region
        return (ShopSeen(shop_id=access.shop_id, name=name, region=region, authorised_until=loose.moment(info.get("expire_time"))),)

    def consent_link(self, *, state: str, back_to: str) -> str:
        asked = {"auth_type": "seller", "redirect_uri": back_to, "response_type": "code", "state": state}
        return f"{self._consent_url}?{urlencode({'partner_id': self._calls.partner_id, **asked})}"

    def consent_given(self, query: Mapping[str, str]) -> Consent | None:
        """How a seller who does not agree comes back is not documented: without a code, whatever else there is."""
        code, shop_id, main_account_id = (query.get(name, "") for name in ("code", "shop_id", "main_account_id"))
        if not code or not (shop_id.isdecimal() or main_account_id.isdecimal()):
            return None
        return Consent(code=code, shop_id=shop_id or None, main_account_id=None if shop_id else main_account_id)

    async def exchange_code(self, code: str, *, shop_id: str | None, main_account_id: str | None = None) -> TokenPair:
        return await tokens.exchange_code(self._calls, code, shop_id=shop_id, main_account_id=main_account_id, now=self._now)

    async def refresh(self, refresh_token: SecretStr, *, shop_id: str) -> TokenPair:
        return await tokens.refresh(self._calls, refresh_token, shop_id=shop_id, now=self._now)

    def receive(self, body: bytes, *, authorization: str | None) -> Received:
        key = self._push_key.get_secret_value()
        return pushes.receive(body, authorization=authorization, push_key=key, url=self._callback_url, hex_key_too=self._hex_key_too)

    async def lost_pushes(self) -> LostPushes:
        """The earliest 100 pushes of three days that were never taken and not confirmed. App-wide: one consumer only."""
        response = loose.record((await self._calls.public("GET", LOST_PUSHES)).get("response"))
        listed = response.get("push_message_list")
        found = [pushes.lost_hints(loose.record(message)) for message in (listed if isinstance(listed, list) else ())]
        return LostPushes(
            hints=tuple(hint for hints in found for hint in hints),
            last_message_id=loose.integer(response.get("last_message_id")),
            has_more=loose.boolean(response.get("has_next_page")) or False,
            count=len(found),
            unreadable=sum(not hints for hints in found),
        )

    async def confirm_lost_pushes(self, last_message_id: int) -> None:
        """Never show these again: only after their hints are stored."""
        await self._calls.public("POST", CONFIRM_LOST_PUSHES, {"last_message_id": last_message_id})


def _listed(body: dict[str, Any], name: str) -> list[Any]:
    """The list that a successful answer must hold: an answer without it is broken, not empty."""
    found = loose.record(body.get("response")).get(name)
    if not isinstance(found, list):
        raise Unavailable(f"an answer without {name}", call_id=loose.text(body.get("request_id")))
    return found


def _next_cursor(page: Page) -> str | None:
    return loose.text(page.get("next_cursor")) if loose.boolean(page.get("more")) else None


def _change(order: dict[str, Any], asked: str | None) -> Change | None:
    order_sn = loose.text(order.get("order_sn"))
    if order_sn is None:
        return None
    word = loose.text(order.get("order_status")) or asked
    status = status_of(word)
    return Change(
        order_ref=order_sn,
        marketplace_status=word,
        status=status,
        about_cancelling=word is None or status in {"cancel_requested", "cancelled"},
    )


def _is_about_an_unknown_order(failure: Permanent) -> bool:
    said = f"{failure.code} {failure.message}".lower()
    return any(words in said for words in ("not_found", "not found", "not exist", "wrong_order", "invalid order"))
