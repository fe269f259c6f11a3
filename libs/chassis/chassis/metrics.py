"""Every number that a service shows: one closed list, so that dashboards and alarms can't name one that isn't there."""

from collections.abc import Iterable
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

from chassis.incoming import Reason

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120)

# consume: what came in. The outcome is handled, duplicate or dead; the reason is one of chassis.incoming.Reason.
CONSUMED = Counter("consumed_events_total", "Events taken from a topic, by what became of them", ("topic", "outcome"), registry=REGISTRY)
DEAD_LETTERS = Counter("dead_letters_total", "Events sent to the dead letters", ("topic", "reason"), registry=REGISTRY)
# The kind is transient or bug.
BATCH_FAILURES = Counter(
    "batch_failures_total", "Attempts at a batch that failed and will be repeated", ("topic", "kind"), registry=REGISTRY
)
BATCH_SECONDS = Histogram("batch_seconds", "Time of one batch, claim to commit", ("topic",), buckets=_SECONDS, registry=REGISTRY)
CONSUMER_PAUSED = Gauge("consumer_paused", "1: too many bugs in a row, paused until a restart", ("topic",), registry=REGISTRY)
# Both of this process's partitions; the sum over the processes of a consumer is the consumer's lag. Topics are named without their prefix.
CONSUMER_LAG = Gauge("consumer_lag_events", "Events published and not yet handled", ("topic",), registry=REGISTRY)
CONSUMER_OLDEST = Gauge("consumer_oldest_age_seconds", "Age of the oldest event that is not yet handled", ("topic",), registry=REGISTRY)
PARTITIONS_HELD = Gauge("partitions_held", "Partitions that wait because a handler has a bug", ("topic",), registry=REGISTRY)

# relay: what goes out
PUBLISHED = Counter("published_events_total", "Events acknowledged by the broker", ("topic",), registry=REGISTRY)
RELAY_FAILURES = Counter("relay_failures_total", "Times the relay threw its producers away and began again", ("relay",), registry=REGISTRY)
RELAY_LEADER = Gauge("relay_leader", "1: this process publishes the outbox", ("relay",), registry=REGISTRY)
OUTBOX_OLDEST = Gauge("outbox_oldest_age_seconds", "Age of the oldest event not yet published", ("relay",), registry=REGISTRY)
OUTBOX_EVENTS = Gauge("outbox_events", "Events not yet published", ("relay",), registry=REGISTRY)
OUTBOX_REFUSED = Counter("outbox_refused_total", "Events set aside because the broker refuses them", ("topic",), registry=REGISTRY)

# work
WORK_TURNS = Counter("work_turns_total", "Turns given to shops, by how they ended (ok | failed)", ("work", "outcome"), registry=REGISTRY)
# Asked of the database, so every instance shows the same.
WORK_DUE = Gauge("work_due_items", "Items that could be done now", registry=REGISTRY)
WORK_OLDEST = Gauge("work_oldest_due_seconds", "How long the item that waits longest could have been done", registry=REGISTRY)
WORK_PAUSED = Gauge("work_paused_shops", "Shops whose work waits for a person", registry=REGISTRY)

# process
# Asked of the database: the process that counted it is gone.
WATCHDOG_EXITS = Gauge("watchdog_exits", "Times a process of this service ended itself because its consumer was stuck", registry=REGISTRY)
WATCHDOG_LOOKS = Counter("watchdog_looks_total", "Times the watchdog looked at the consumer", registry=REGISTRY)
BACKGROUND_FAILURES = Counter("background_failures_total", "Background tasks that raised and were restarted", ("task",), registry=REGISTRY)
INBOX_CLEANED = Counter(
    "inbox_cleaned_total", "Inbox rows removed because they are older than any topic keeps its events", registry=REGISTRY
)
HTTP_SECONDS = Histogram("http_request_seconds", "Time of a request", ("method", "route", "status"), buckets=_SECONDS, registry=REGISTRY)


def begin_at_zero(*, reads: Iterable[str], publishes: Iterable[str]) -> None:
    """Show the rare counters from the start: one that appears with its first event has not grown, and no alarm hears of it."""
    for topic in reads:
        for reason in get_args(Reason):
            DEAD_LETTERS.labels(topic, reason)
    for topic in publishes:
        OUTBOX_REFUSED.labels(topic)


def exposition() -> bytes:
    """All numbers in Prometheus' text format."""
    return generate_latest(REGISTRY)
