"""How Shopee delivers pushes, and the queue of those that never arrived."""

from collections import deque
from dataclasses import dataclass, field

from sandbox.clock import Clock
from sandbox.config import DAY, Config
from sandbox.pushes import Push, Verdict, Wire
from sandbox.shopee.signing import sign_push

RETRY_AFTER_S = (300.0, 1800.0, 10_800.0)
LOST_KEPT_S = 3 * DAY
LOST_PER_PAGE = 100
MULTIPLE_CHOICES = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    number: int
    lost_at: float  # sandbox's clock
    stamp: int  # real time, as told to the app
    push: Push


@dataclass(slots=True)
class LostPushes:
    """App-wide, oldest first, three days, until confirmed."""

    clock: Clock
    waiting: deque[Lost] = field(default_factory=deque)
    _number: int = 0

    def add(self, push: Push) -> None:
        self._number += 1
        self.waiting.append(Lost(number=self._number, lost_at=self.clock.now(), stamp=self.clock.stamp(), push=push))

    def page(self) -> tuple[list[Lost], bool]:
        """The earliest hundred, and whether there are more."""
        while self.waiting and self.waiting[0].lost_at < self.clock.now() - LOST_KEPT_S:
            self.waiting.popleft()
        return list(self.waiting)[:LOST_PER_PAGE], len(self.waiting) > LOST_PER_PAGE

    def confirm(self, last_number: int) -> None:
        while self.waiting and self.waiting[0].number <= last_number:
            self.waiting.popleft()


def a_wire(config: Config, lost: LostPushes) -> Wire:
    return Wire(
        url=lambda _push: config.shopee_push_url,
        sign=lambda url, body: {"Authorization": sign_push(config.push_key, url=url, body=body)},
        retry_after_s=RETRY_AFTER_S,
        verdict=_verdict,
        given_up=lost.add,
    )


def _verdict(status: int, body: bytes) -> Verdict:
    """Only 2xx with an empty body is a yes; a 401 stays in retry."""
    return "taken" if 200 <= status < MULTIPLE_CHOICES and not body else "again"  # noqa: PLR2004 (2xx)
