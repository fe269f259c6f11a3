"""What calls to marketplaces cost and bring, whichever service makes them; endpoints are paths without ids, shops are no labels."""

from prometheus_client import Counter, Histogram

from chassis.metrics import REGISTRY

# The result is ok, or the failure's class in small letters: unavailable, throttled, stale, reauthorise, permanent ...
CALL_SECONDS = Histogram(
    "marketplace_call_seconds",
    "Time of a call to a marketplace",
    ("channel", "endpoint", "result"),
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=REGISTRY,
)
# The outcome is refreshed, refused (the seller must connect the shop again) or failed (it is tried again).
TOKEN_REFRESHES = Counter("token_refreshes_total", "Renewals of a shop's tokens", ("channel", "outcome"), registry=REGISTRY)
