"""The numbers that only decision shows, beside those of the chassis. Their labels are closed lists: no seller, no shop."""

from datetime import datetime

from prometheus_client import Counter, Gauge, Histogram

from chassis.database import Queries
from chassis.metrics import REGISTRY
from contracts.stock_movements import StockSettled
from contracts.sync_outcomes import OutcomeSynced, SyncOutcome
from decision.domain.decisions import Decision

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 900, 3600, 14_400)

# From the click (or the rule) on. A retried batch may count one twice.
DECISION_TO_STOCK = Histogram(
    "decision_to_stock_seconds", "From an approval until inventory has answered", ("channel",), buckets=_SECONDS, registry=REGISTRY
)
DECISION_TO_SYNCED = Histogram(
    "decision_to_synced_seconds", "From a decision until the marketplace has taken it", ("channel",), buckets=_SECONDS, registry=REGISTRY
)

# Each is in the log, with its order: a bug, until somebody mends it.
SET_ASIDE = Counter("clock_orders_set_aside", "Orders that the clock could not look at, and left alone for ten minutes", registry=REGISTRY)

# Asked of the database, so every instance shows the same.
REQUESTS = Gauge(
    "requests", "Cancel requests that wait for a decision or for a marketplace", ("channel", "state", "sync"), registry=REGISTRY
)
ALERTS = Gauge("open_alerts", "Requests with an open alert", ("kind",), registry=REGISTRY)
# Negative: the time for an answer is over. Not there: nobody waits.
DEADLINE = Gauge(
    "most_urgent_deadline_seconds", "Until the first pending request is answered by the marketplace itself", ("channel",), registry=REGISTRY
)
DUE = Gauge("requests_due_soon", "Pending requests whose time is over within an hour", ("channel",), registry=REGISTRY)
SHOPS = Gauge("shops", "Shops, by state", ("channel", "state"), registry=REGISTRY)
SHOPS_SILENT = Gauge("shops_silent", "Connected shops that were not read for 15 minutes", ("channel",), registry=REGISTRY)

_QUERIES = Queries("decision", "metrics.sql")
SAMPLES = (
    (REQUESTS, _QUERIES.count_open_requests),
    (ALERTS, _QUERIES.count_open_alerts),
    (DEADLINE, _QUERIES.most_urgent_deadlines),
    (DUE, _QUERIES.count_due_soon),
    (SHOPS, _QUERIES.count_shops),
    (SHOPS_SILENT, _QUERIES.count_silent_shops),
)


def observe_stock(decision: Decision | None, answer: StockSettled, *, channel: str, at: datetime) -> None:
    """Inventory has answered the decision that stands."""
    if decision and decision.verdict == "approve" and decision.revision == answer.revision:
        DECISION_TO_STOCK.labels(channel).observe((at - decision.at).total_seconds())


def observe_outcome(decision: Decision | None, outcome: SyncOutcome) -> None:
    """The marketplace has taken the decision that stands."""
    if decision and isinstance(outcome, OutcomeSynced) and decision.revision == outcome.revision:
        DECISION_TO_SYNCED.labels(outcome.order.channel).observe((outcome.at - decision.at).total_seconds())
