"""One HTTP call to a marketplace: time-out as a whole, decoded whatever comes back, logged without a secret."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any

import httpx

from chassis import tracing
from chassis.logs import logger
from marketplaces import loose, metrics
from marketplaces.failures import MarketplaceFailure, Unavailable

LOG = logger("marketplaces.wire")

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)
_MAX_RETRY_AFTER_SECONDS = 86_400.0


def _silence(record: logging.LogRecord) -> bool:  # noqa: ARG001 - the signature of a filter
    return False


# httpx logs every address, and addresses carry tokens and secrets here (Shopee's `access_token`, TikTok's `app_secret`).
logging.getLogger("httpx").addFilter(_silence)


@dataclass(frozen=True, slots=True)
class Call:
    """What is called, for the log and for failures: the path names the endpoint and holds no secret."""

    channel: str
    endpoint: str
    writes: bool = False
    shop_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: `body` is the decoded JSON object, None for anything else."""

    http_status: int
    body: dict[str, Any] | None
    retry_after: float | None


class Wire:
    """Sends requests; the only place that knows httpx. Nothing is repeated here: retries live in the durable work."""

    def __init__(self, client: httpx.AsyncClient, *, timeout_seconds: float) -> None:
        self._client = client
        self._timeout = timeout_seconds

    async def send(self, call: Call, request: httpx.Request, *, judge: Callable[[Reply], MarketplaceFailure | None]) -> dict[str, Any]:
        """The decoded answer, or the failure: `judge` finds the one that the marketplace itself reports."""
        with tracing.span(call.endpoint, kind="client", channel=call.channel, shop_id=call.shop_id):
            started = monotonic()
            reply: Reply | None = None
            try:
                reply = await self._exchange(call, request)
                failure = judge(reply)
            except MarketplaceFailure as raised:
                failure = raised
            self._log(call, reply, failure, started)
            if failure is not None:
                raise failure
            return (reply.body if reply else None) or {}

    async def _exchange(self, call: Call, request: httpx.Request) -> Reply:
        """`from None` everywhere: the cause would carry the request, and with it the token, into a log."""
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._client.send(request)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise _unavailable(call, "no answer in time", cause="timeout", sent=not isinstance(error, _NEVER_SENT)) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unavailable(call, type(error).__name__, cause="unavailable", sent=not isinstance(error, _NEVER_SENT)) from None
        try:
            body = loose.decode(answer.content)
        except loose.NotJson:
            body = None
        return Reply(
            http_status=answer.status_code,
            body=body if isinstance(body, dict) else None,
            retry_after=retry_after_seconds(answer.headers.get("retry-after"), now=datetime.now(UTC)),
        )

    def _log(self, call: Call, reply: Reply | None, failure: MarketplaceFailure | None, started: float) -> None:
        seconds = monotonic() - started
        result = type(failure).__name__.lower() if failure else "ok"
        metrics.CALL_SECONDS.labels(call.channel, call.endpoint, result).observe(seconds)
        LOG.info(
            "marketplace-call",
            action=call.endpoint,
            channel=call.channel,
            shop_id=call.shop_id,
            http_status=reply.http_status if reply else None,
            call_id=loose.text(loose.record(reply.body).get("request_id")) if reply else None,
            failure=type(failure).__name__ if failure else None,
            code=failure.code if failure else None,
            duration_ms=round(seconds * 1000),
        )


def _unavailable(call: Call, why: str, *, cause: str, sent: bool) -> Unavailable:
    failure = Unavailable(f"{call.endpoint}: {why}", maybe_applied=call.writes and sent)
    failure.cause = "timeout" if cause == "timeout" else "unavailable"
    return failure


def retry_after_seconds(value: str | None, *, now: datetime) -> float | None:
    """A `Retry-After` header: seconds or an HTTP date; None when absent or unreadable, at most a day."""
    if value is None:
        return None
    try:
        seconds = float(value) if value.strip().isdigit() else (parsedate_to_datetime(value).astimezone(UTC) - now).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), _MAX_RETRY_AFTER_SECONDS)
