"""What a list of cancel requests can be narrowed and sorted by, and the SQL that does it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from contracts.values import ParcelState
from decision.api.shapes import STORABLE, AlertKind
from decision.domain.settle import RequestState
from decision.domain.sync import SyncState
from decision.store import words

Sort = Literal["respond_by", "-requested_at", "-updated_at", "-order_total"]
ChosenTab = Literal["to_decide", "cancelled", "rejected", "ended", "attention", "all"]

_KEYS: dict[str, tuple[str, str, str]] = {
    "respond_by": ("r.respond_key", "asc", "timestamptz"),
    "-requested_at": ("r.requested_at", "desc", "timestamptz"),
    "-updated_at": ("r.updated_at", "desc", "timestamptz"),
    "-order_total": ("r.total_key", "desc", "numeric"),
    "attention": ("r.attention_since", "asc", "timestamptz"),
}
_DEFAULT_SORT: dict[str, str] = {"to_decide": "respond_by", "attention": "attention"}
Short = Annotated[str, Field(max_length=120, pattern=STORABLE)]
Amount = Annotated[Decimal, Field(max_digits=21, decimal_places=6)]


def _in_utc(moment: datetime) -> datetime:
    """A zone is demanded of times: without one they would mean another moment in each market."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("beyond the calendar") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class Filters(BaseModel):
    """The query parameters of every list of cancel requests; repeatable ones take any of their values."""

    model_config = {"extra": "forbid"}

    tab: ChosenTab = "to_decide"
    channel: Short | None = None
    shop_id: list[Short] = Field(default=[], max_length=200)
    region: list[Short] = Field(default=[], max_length=20)
    state: list[RequestState] = Field(default=[], max_length=20)
    sync: list[SyncState] = Field(default=[], max_length=20)
    reason: Short | None = None
    alert: list[AlertKind] = Field(default=[], max_length=20)
    parcel_state: list[ParcelState] = Field(default=[], max_length=20)
    requested_from: Moment | None = None
    requested_to: Moment | None = None
    respond_from: Moment | None = None
    respond_to: Moment | None = None
    amount_from: Amount | None = None
    amount_to: Amount | None = None
    currency: Annotated[str, Field(pattern="^[A-Za-z]{3}$")] | None = None
    order_ref: list[Short] = Field(default=[], max_length=100)
    q: Short | None = Field(default=None, description="Beginning of an order ref, or words of SKU and product name")
    sort: Sort | None = None

    @property
    def order(self) -> str:
        return self.sort or _DEFAULT_SORT.get(self.tab, "-updated_at")

    def identity(self) -> Any:
        """What a cursor is bound to."""
        return [self.model_dump(mode="json"), self.order]


class PagedFilters(Filters):
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=2000, description="`next_cursor` of the page before; bound to filters and sort")] | None = None


Narrowed = Annotated[Filters, Query()]
Paged = Annotated[PagedFilters, Query()]


class Where:
    """A condition with its arguments, built from fixed pieces: no value is ever part of the text."""

    def __init__(self, seller_id: str) -> None:
        self.arguments: list[Any] = [seller_id]
        self.parts = ["r.seller_id = $1"]

    def add(self, piece: str, *values: Any) -> None:
        """`piece` has one `{}` per value."""
        places = []
        for value in values:
            self.arguments.append(value)
            places.append(f"${len(self.arguments)}")
        self.parts.append(piece.format(*places))

    def __str__(self) -> str:
        return " and ".join(self.parts)


def where(seller_id: str, filters: Filters, *, any_tab: bool = False) -> Where:
    """The condition that the filters mean."""
    found = Where(seller_id)
    if not any_tab:
        _tab(found, filters.tab)
    _sets(found, filters)
    _ranges(found, filters)
    if filters.channel:
        found.add("r.channel = {}", filters.channel)
    if filters.reason:
        found.add("r.reason ilike {}", f"%{_literal(filters.reason)}%")
    if filters.currency:
        found.add("r.currency = {}", filters.currency.upper())
    if filters.q:
        _search(found, filters.q)
    return found


def _tab(found: Where, tab: ChosenTab) -> None:
    if tab == "attention":
        found.add("r.attention_since is not null")
    elif tab != "all":
        found.add("r.tab = {}", tab)


def _sets(found: Where, filters: Filters) -> None:
    for column, values in (
        ("shop_id", filters.shop_id),
        ("region", filters.region),
        ("state", filters.state),
        ("sync", filters.sync),
        ("parcel_state", filters.parcel_state),
    ):
        if values:
            found.add(f"r.{column} = any({{}}::text[])", values)
    if filters.alert:
        found.add("r.open_alerts && {}::text[] and r.attention_since is not null", filters.alert)  # few have any: an index knows them
    if filters.order_ref:
        found.add("upper(r.order_ref) = any({}::text[])", [ref.strip().upper() for ref in filters.order_ref])


def _ranges(found: Where, filters: Filters) -> None:
    for column, sign, value in (
        ("requested_at", ">=", filters.requested_from),
        ("requested_at", "<", filters.requested_to),
        ("respond_by", ">=", filters.respond_from),
        ("respond_by", "<", filters.respond_to),
        ("order_total", ">=", filters.amount_from),
        ("order_total", "<=", filters.amount_to),
    ):
        if value is not None:
            found.add(f"r.{column} {sign} {{}}", value)


def _search(found: Where, text: str) -> None:
    terms = words(text)
    prefix = f"{_literal(text.strip().upper())}%"
    if terms:
        query = " & ".join(f"'{term}':*" for term in terms)
        found.add("(upper(r.order_ref) like {} or r.search @@ {}::tsquery)", prefix, query)
    else:
        found.add("upper(r.order_ref) like {}", prefix)


def _literal(text: str) -> str:
    """For `like`: what the seller typed, not a pattern."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def ordering(order: str) -> tuple[str, str, str]:
    """Column, direction and type of a sort."""
    return _KEYS[order]
