"""The numbers that only the ingestor shows, beside those of the chassis."""

from prometheus_client import Counter, Gauge, Histogram

from chassis.metrics import REGISTRY

# outcomes: stored, ping, unverified, malformed, too_large, store_down
PUSHES = Counter("pushes_total", "Pushes received, by what became of them", ("channel", "outcome"), registry=REGISTRY)
UNKNOWN_SHOP_PUSHES = Counter("unknown_shop_pushes_total", "Hints about shops that nobody connected here", ("channel",), registry=REGISTRY)
# found_by: push, sweep, lost_push
SAID = Counter("observations_published_total", "Facts published about cancel requests", ("channel", "found_by"), registry=REGISTRY)
READ_ORDERS = Counter("orders_read_total", "Orders asked for, by outcome (found | missing)", ("channel", "outcome"), registry=REGISTRY)
# failure = the class of marketplaces.failures
SHOP_FAILURES = Counter("shop_failures_total", "Turns ended by a failure of the marketplace", ("channel", "failure"), registry=REGISTRY)
# outcomes: connected, or why not (ingestor.domain.consent.NotConnected)
CONNECTS = Counter("connects_total", "Sellers who came back from a consent page, by outcome", ("channel", "outcome"), registry=REGISTRY)
SWEEPS = Counter("sweeps_total", "Sweeps of a shop, by outcome (done | timeout)", ("channel", "outcome"), registry=REGISTRY)
# failure = the class of marketplaces.failures
CIRCUITS_OPEN = Gauge("circuits_open", "Shops whose reading is held back after failures", ("channel", "failure"), registry=REGISTRY)
# outcomes: hint, unreadable
LOST_PUSHES = Counter(
    "lost_pushes_total", "Pushes found in Shopee's queue of lost ones, by what became of them", ("outcome",), registry=REGISTRY
)
# found_by: sweep, lost_push. Its count says how many, its buckets how late.
GAPS = Histogram(
    "gap_seconds",
    "Facts that no push told: from the marketplace's time to our finding them",
    ("channel", "found_by"),
    buckets=(1, 5, 15, 60, 300, 1800, 3600, 4 * 3600, 24 * 3600),
    registry=REGISTRY,
)
FACT_AGE = Histogram(
    "fact_age_seconds",
    "From the marketplace's time of a fact to our reading it",
    ("channel", "found_by"),
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 3600),
    registry=REGISTRY,
)
