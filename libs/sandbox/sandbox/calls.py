"""Every call the sandbox was asked, kept for the control API and the page."""

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import iso
from sandbox.config import Channel


@dataclass(slots=True, kw_only=True)
class Call:
    """One request and its answer; `answer` stays None while the call hangs."""

    at: float
    channel: Channel
    shop_id: str
    endpoint: str
    request: dict[str, Any]
    writes: bool
    orders: tuple[str, ...] = ()
    answer: Any = None
    http_status: int | None = None
    fault: str | None = None

    def shown(self) -> dict[str, Any]:
        return {
            "at": iso(self.at),
            "channel": self.channel,
            "shop_id": self.shop_id,
            "endpoint": self.endpoint,
            "request": self.request,
            "answer": self.answer,
            "http_status": self.http_status,
            "fault": self.fault,
        }


@dataclass(slots=True)
class Calls:
    """Counts of all, the newest few, and per order those that named it (at most 200 each)."""

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    recent: deque[Call] = field(default_factory=lambda: deque(maxlen=300))
    writes: dict[tuple[str, str], deque[Call]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=200)))
    reads: dict[tuple[str, str], deque[Call]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=200)))

    def add(self, call: Call) -> None:
        self.counts[call.channel, call.shop_id, call.endpoint] += 1
        self.recent.append(call)
        kept = self.writes if call.writes else self.reads
        for ref in call.orders:
            kept[call.channel, ref].append(call)

    def totals(self) -> list[dict[str, Any]]:
        return [
            {"channel": channel, "shop_id": shop_id, "endpoint": endpoint, "count": count}
            for (channel, shop_id, endpoint), count in sorted(self.counts.items())
        ]
