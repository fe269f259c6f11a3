"""TikTok Shop as a `Channel`: orders with their cancellations, changes, answers with reasons, tokens, webhooks."""

import math
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from pydantic import SecretStr

from contracts.values import RejectReason, RejectReasonNeed
from marketplaces import loose
from marketplaces.bulk import Found, read_in_bulk
from marketplaces.failures import Misconfigured, Permanent, Refused, Unavailable
from marketplaces.interface import Access, Answered, ChannelName, Consent, Received, RejectReasons, ShopSeen, TokenPair
from marketplaces.paging import Page, pages
from marketplaces.seen import Change, LineSeen, Reading, RequestSeen
from marketplaces.tiktok import pushes, tokens
from marketplaces.tiktok.calls import TikTokCalls
from marketplaces.tiktok.cancellations import PENDING, STATE, described_lines, request_seen
from marketplaces.tiktok.orders import order_seen, status_of, with_requests
from marketplaces.windows import windows

ORDERS = "/order/202309/orders"
ORDERS_SEARCH = "/order/202309/orders/search"
CANCELLATIONS_SEARCH = "/return_refund/202309/cancellations/search"
CANCELLATION = "/return_refund/202309/cancellations/{cancel_id}"
REJECT_REASONS = "/return_refund/202309/reject_reasons"
SHOPS = "/authorization/202309/shops"

ORDER_OF_ANOTHER_SHOP = "21008111"


class TikTok:
    """TikTok Shop Open API. Each call's promise stands at `marketplaces.interface.Channel`."""

    def __init__(
        self,
        calls: TikTokCalls,
        *,
        app_key: SecretStr,
        app_secret: SecretStr,
        consent: tuple[str, str],
        locale: str,
        now: Callable[[], datetime],
    ) -> None:
        """`consent`: the page where sellers let the app in, and the app's service id there."""
        self._calls = calls
        self._app_key = app_key
        self._app_secret = app_secret
        self._consent_url, self._service_id = consent
        self._locale = locale
        self._now = now

    @property
    def name(self) -> ChannelName:
        return "tiktok"

    @property
    def reject_reason(self) -> RejectReasonNeed:
        return "required"

    async def read_orders(self, access: Access, order_refs: Sequence[str]) -> Reading:
        async def read(refs: Sequence[str], found: Found) -> None:
            await self._read_orders(access, refs, found)

        return await read_in_bulk(order_refs, read, unknown_order=lambda failure: failure.code == ORDER_OF_ANOTHER_SHOP)

    async def _read_orders(self, access: Access, refs: Sequence[str], found: Found) -> None:
        """Orders first, then their cancellations: of the two, what became of a request is to be the younger news."""
        started = self._now()
        body = await self._calls.get(access, ORDERS, {"ids": ",".join(refs)})
        call_ids = list(loose.texts(body.get("request_id")))
        requests, described = await self._cancellations_of(access, refs, call_ids)
        ended = self._now()
        found.call_ids.extend(call_ids)
        for order in loose.records(_listed(body, "orders")):
            seen = order_seen(order, shop_id=access.shop_id, region=access.region, started=started, ended=ended, call_ids=tuple(call_ids))
            if seen is not None and seen.order_ref in refs:
                found.orders[seen.order_ref] = with_requests(
                    seen, requests.get(seen.order_ref, ()), described=described.get(seen.order_ref, ())
                )

    async def _cancellations_of(
        self, access: Access, order_ids: Sequence[str], call_ids: list[str]
    ) -> tuple[Mapping[str, list[RequestSeen]], Mapping[str, list[LineSeen]]]:
        requests: dict[str, dict[str, RequestSeen]] = {}
        described: dict[str, list[LineSeen]] = {}
        async for page in self._cancellations(access, {"order_ids": list(order_ids)}):
            call_ids.extend(loose.texts(page.get("request_id")))
            for cancellation in loose.records(loose.record(page.get("data")).get("cancellations")):
                order_id, request = loose.text(cancellation.get("order_id")), request_seen(cancellation)
                if order_id is not None and request is not None:
                    requests.setdefault(order_id, {})[request.native_id] = request
                    described.setdefault(order_id, []).extend(described_lines(cancellation))
        return {order_id: list(found.values()) for order_id, found in requests.items()}, described

    def _cancellations(self, access: Access, body: Mapping[str, Any]) -> AsyncIterator[Page]:
        query = {"page_size": "50", "sort_field": "update_time", "sort_order": "ASC"}
        return self._search(access, CANCELLATIONS_SEARCH, query, {**body, "locale": self._locale}, "cancellations")

    def _search(self, access: Access, path: str, query: Mapping[str, str], body: Mapping[str, Any], name: str) -> AsyncIterator[Page]:
        async def read(token: str) -> Page:
            answer = await self._calls.search(access, path, {**query, "page_token": token}, body)
            _listed(answer, name, empty=True)
            return answer

        return pages(read, next_token=lambda page: loose.text(loose.record(page.get("data")).get("next_page_token")))

    async def list_changes(self, access: Access, *, since: datetime, until: datetime) -> AsyncIterator[Change]:
        """Requests by their own `update_time`, then orders by theirs: a new request may not move its order's."""
        for start, end in windows(since, until):
            between = {"update_time_ge": int(start.timestamp()), "update_time_lt": math.ceil(end.timestamp()) + 1}
            async for page in self._cancellations(access, between):
                for change in _changed_requests(page):
                    yield change
            query = {"page_size": "100", "sort_field": "update_time", "sort_order": "ASC"}
            async for page in self._search(access, ORDERS_SEARCH, query, between, "orders"):
                for change in _changed_orders(page):
                    yield change

    async def list_open(self, access: Access) -> AsyncIterator[Change]:
        async for page in self._cancellations(access, {"cancel_status": [PENDING]}):
            for change in _changed_requests(page):
                yield change

    async def approve(self, access: Access, *, order_ref: str, native_id: str, idempotency_key: str) -> Answered:  # noqa: ARG002 - by request
        return await self._answer(access, native_id, "approve", idempotency_key, body=None)

    async def reject(
        self,
        access: Access,
        *,
        order_ref: str,  # noqa: ARG002 - by request
        native_id: str,
        idempotency_key: str,
        reason: str | None = None,
        comment: str | None = None,
    ) -> Answered:
        if not reason:
            failure = Refused("TikTok Shop takes no rejection without a reason")
            failure.because = "reason_not_offered"
            raise failure
        body = {"reject_reason": reason, **({"comment": comment} if comment else {})}
        return await self._answer(access, native_id, "reject", idempotency_key, body=body)

    async def _answer(self, access: Access, cancel_id: str, verb: str, idempotency_key: str, *, body: Mapping[str, Any] | None) -> Answered:
        if not (cancel_id.isascii() and cancel_id.isalnum()):
            raise Permanent(f"not a cancel_id: {cancel_id[:40]!r}")
        path = f"{CANCELLATION.format(cancel_id=cancel_id)}/{verb}"
        query = {"idempotency_key": idempotency_key}
        answer = await self._calls.write(access, path, query, body, endpoint=f"{CANCELLATION}/{verb}")
        return Answered(call_id=loose.text(answer.get("request_id")))

    async def reject_reasons(self, access: Access, *, native_id: str, locale: str) -> RejectReasons:
        answer = await self._calls.get(access, REJECT_REASONS, {"return_or_cancel_id": native_id, "locale": locale or self._locale})
        named = ((loose.text(reason.get("name")), loose.text(reason.get("text"))) for reason in loose.records(_listed(answer, "reasons")))
        items = tuple(RejectReason(name=name, text=text or name) for name, text in named if name)
        return RejectReasons(required=True, items=items, call_id=loose.text(answer.get("request_id")))

    async def read_shops(self, access: Access) -> tuple[ShopSeen, ...]:
        answer = await self._calls.get(access, SHOPS, {}, cipher=False)
        shops = (tokens.shop_seen(shop) for shop in loose.records(_listed(answer, "shops")))
        return tuple(shop for shop in shops if shop is not None)

    def consent_link(self, *, state: str, back_to: str) -> str:  # noqa: ARG002 - TikTok goes back to the address kept for the app
        if not self._service_id:
            raise Misconfigured("TIKTOK_SERVICE_ID is not set")
        return f"{self._consent_url}?{urlencode({'service_id': self._service_id, 'state': state})}"

    def consent_given(self, query: Mapping[str, str]) -> Consent | None:
        """A seller who does not agree comes back with `code=null&error=auth_denied`."""
        code = query.get("code", "")
        return None if code in {"", "null"} or query.get("error") else Consent(code=code)

    async def exchange_code(
        self,
        code: str,
        *,
        shop_id: str | None,  # noqa: ARG002 - a code stands for all shops of the seller
        main_account_id: str | None = None,  # noqa: ARG002 - Shopee's
    ) -> TokenPair:
        return await tokens.exchange_code(self._calls, code, now=self._now)

    async def refresh(self, refresh_token: SecretStr, *, shop_id: str) -> TokenPair:  # noqa: ARG002 - as above
        return await tokens.refresh(self._calls, refresh_token, now=self._now)

    def receive(self, body: bytes, *, authorization: str | None) -> Received:
        app_key, app_secret = self._app_key.get_secret_value(), self._app_secret.get_secret_value()
        return pushes.receive(body, authorization=authorization, app_key=app_key, app_secret=app_secret)


def _listed(answer: dict[str, Any], name: str, *, empty: bool = False) -> list[Any]:
    """The list that a successful answer must hold: without it it is broken, not empty; a search may leave out an `empty` one."""
    data = answer.get("data")
    found = loose.record(data).get(name)
    if isinstance(found, list):
        return found
    if empty and isinstance(data, dict) and found is None and not loose.integer(data.get("total_count")):
        return []
    raise Unavailable(f"an answer without {name}", call_id=loose.text(answer.get("request_id")))


def _changed_requests(page: Page) -> Sequence[Change]:
    changes = []
    for cancellation in loose.records(loose.record(page.get("data")).get("cancellations")):
        order_id, status = loose.text(cancellation.get("order_id")), loose.text(cancellation.get("cancel_status"))
        if order_id is not None:
            changes.append(
                Change(
                    order_ref=order_id,
                    native_id=loose.text(cancellation.get("cancel_id")),
                    marketplace_status=status,
                    status="cancel_requested" if STATE.get(status or "") == "open" else "unknown",
                    update_time=loose.moment(cancellation.get("update_time")),
                )
            )
    return changes


def _changed_orders(page: Page) -> Sequence[Change]:
    changes = []
    for order in loose.records(loose.record(page.get("data")).get("orders")):
        order_id, word = loose.text(order.get("id")), loose.text(order.get("status"))
        if order_id is not None:
            changes.append(
                Change(
                    order_ref=order_id,
                    marketplace_status=word,
                    status=status_of(word),
                    update_time=loose.moment(order.get("update_time")),
                    about_cancelling=status_of(word) == "cancelled" or bool(loose.boolean(order.get("is_buyer_request_cancel"))),
                )
            )
    return changes
