"""Pushes to the shops' app: signed, retried on the channel's schedule, and lost in the end."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from sandbox.clock import Clock, iso
from sandbox.config import Channel
from sandbox.faults import Faults

ANSWER_WITHIN_S = 3.0
AT_ONCE = 16

Verdict = Literal["taken", "refused", "again"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How one channel delivers: where to, how signed, how often again, and what an answer means."""

    url: Callable[["Push"], str | None]
    sign: Callable[[str, bytes], Mapping[str, str]]
    retry_after_s: tuple[float, ...]
    verdict: Callable[[int, bytes], Verdict]
    given_up: Callable[["Push"], None]


@dataclass(slots=True, kw_only=True)
class Push:
    """One message and what became of it; the body's bytes never change between tries."""

    at: float
    channel: Channel
    shop_id: str
    topic: str
    body: bytes
    orders: tuple[str, ...]
    tries: list[dict[str, Any]] = field(default_factory=list)
    state: str = "waiting"

    def shown(self) -> dict[str, Any]:
        return {
            "at": iso(self.at),
            "channel": self.channel,
            "shop_id": self.shop_id,
            "topic": self.topic,
            "body": json.loads(self.body),
            "state": self.state,
            "tries": self.tries,
        }


class Pushes:
    def __init__(self, clock: Clock, faults: Faults, wires: Mapping[Channel, Wire]) -> None:
        self._clock, self._faults, self._wires = clock, faults, wires
        self._client = httpx.AsyncClient(timeout=ANSWER_WITHIN_S, follow_redirects=False, trust_env=False)
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: list[Push] = []
        self._closed = False
        self.recent: deque[Push] = deque(maxlen=500)

    def send(self, *, channel: Channel, shop_id: str, topic: str, body: Mapping[str, Any], orders: tuple[str, ...] = ()) -> None:
        """Start delivering; returns at once."""
        text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
        push = Push(at=self._clock.real(), channel=channel, shop_id=shop_id, topic=topic, body=text.encode(), orders=orders)
        self.recent.append(push)
        faults = {fault.kind: fault.seconds for fault in self._faults.of_push(channel, shop_id, orders)}
        if "drop" in faults:
            push.state = "dropped"
            return
        if "lose" in faults:
            self._give_up(push)
            return
        if "reorder" in faults:
            self._hold(push, faults["reorder"])
            return
        for _ in range(2 if "duplicate" in faults else 1):
            self._start(push, delay_s=faults.get("delay", 0.0))
        self._release()

    async def close(self) -> None:
        self._closed = True  # timers go on until the loop ends
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    def _hold(self, push: Push, seconds: float) -> None:
        """Keep it back until a later push has gone first, or for `seconds`."""
        self._held.append(push)
        asyncio.get_running_loop().call_later(seconds, self._release_one, push)

    def _release_one(self, push: Push) -> None:
        if push in self._held:
            self._held.remove(push)
            self._start(push)

    def _release(self) -> None:
        for push in tuple(self._held):
            self._held.remove(push)
            self._start(push, delay_s=0.05)

    def _start(self, push: Push, *, attempt: int = 0, delay_s: float = 0.0) -> None:
        if self._closed:
            return
        task = asyncio.ensure_future(self._deliver(push, attempt, delay_s))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, push: Push, attempt: int, delay_s: float) -> None:
        if delay_s:
            await asyncio.sleep(delay_s)
        wire = self._wires[push.channel]
        async with self._at_once:
            verdict = await self._try(push, wire)
        if verdict in {"taken", "refused"}:
            push.state = verdict
        elif attempt < len(wire.retry_after_s):
            push.state = "retrying"
            self._clock.at(self._clock.now() + wire.retry_after_s[attempt], lambda: self._start(push, attempt=attempt + 1))
        else:
            self._give_up(push)

    async def _try(self, push: Push, wire: Wire) -> Verdict:
        url = wire.url(push)
        if url is None:
            push.tries.append({"at": iso(self._clock.real()), "error": "nobody listens"})
            return "refused"
        headers = {"content-type": "application/json", **wire.sign(url, push.body)}
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                answer = await self._client.post(url, content=push.body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            push.tries.append({"at": iso(self._clock.real()), "error": type(error).__name__})
            return "again"
        push.tries.append({"at": iso(self._clock.real()), "http_status": answer.status_code})
        return wire.verdict(answer.status_code, answer.content)

    def _give_up(self, push: Push) -> None:
        push.state = "lost"
        self._wires[push.channel].given_up(push)
