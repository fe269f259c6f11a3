"""The list as a file for spreadsheets, streamed page by page."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from chassis.app import App
from decision.api import reading
from decision.api.callers import Viewer
from decision.api.filters import Narrowed, PagedFilters
from decision.api.shapes import RequestRow

ROWS_PER_PAGE = 200
BOM = "\ufeff"
"""Spreadsheets take a CSV for UTF-8 only with it."""
COLUMNS = (
    "order_ref", "channel", "shop_id", "account", "market", "order_date", "request_date", "respond_by", "cancel_reason", "order_total",
    "currency", "status", "decided_by", "decided_at", "marketplace_told", "stock", "order_status", "first_item", "sku", "units",
)  # fmt: skip


def routes(app: App) -> APIRouter:
    router = APIRouter(prefix="/v1/cancel-requests", tags=["cancel requests"])

    @router.get("/export", response_class=StreamingResponse, responses={200: {"content": {"text/csv": {}}}})
    async def export_cancel_requests(caller: Viewer, filters: Narrowed) -> StreamingResponse:
        """All that fit the filters, as CSV (UTF-8 with BOM)."""
        # Not by last change unless asked to: a row that changes meanwhile would move ahead of the page and be in none.
        order = filters.sort or ("-requested_at" if filters.order == "-updated_at" else None)
        seller, first = caller.seller, PagedFilters(**filters.model_dump() | {"sort": order}, limit=ROWS_PER_PAGE)
        page = await reading.page(app.pool, seller, first)  # before the answer begins: a wrong filter is still an error

        async def lines() -> AsyncIterator[str]:
            yield BOM + _csv([COLUMNS])
            current = page
            while True:
                yield _csv([_cells(row) for row in current.items])
                if not current.next_cursor:
                    return
                current = await reading.page(app.pool, seller, first.model_copy(update={"cursor": current.next_cursor}))

        headers = {"Content-Disposition": 'attachment; filename="cancel-requests.csv"', "Cache-Control": "no-store"}
        return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=headers)

    return router


def _cells(row: RequestRow) -> Sequence[object]:
    decided_by = row.decided_by
    return (
        row.order_ref,
        row.channel,
        row.shop.id,
        row.shop.name,
        row.shop.region,
        _time(row.ordered_at),
        _time(row.requested_at),
        _time(row.respond_by),
        row.reason.text or row.reason.code or "",
        row.order_total.amount if row.order_total else "",
        row.order_total.currency if row.order_total else "",
        row.state,
        (decided_by.name or decided_by.id) if decided_by else "",
        _time(row.decided_at),
        row.sync.state,
        row.stock.state,
        row.order.status,
        row.first_line.name,
        row.first_line.sku or "",
        row.unit_count,
    )


def _time(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else ""


def _csv(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([[harmless(cell) for cell in row] for row in rows])
    return text.getvalue()


def harmless(cell: object) -> object:
    """A text that a spreadsheet would run as a formula is quoted: buyers and products name themselves."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
