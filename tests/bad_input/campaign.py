"""One campaign: bad input through every door of a running system, then good input, then the sums."""

import asyncio
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
from tests.bad_input import events, webhooks
from tests.support.pushes import Pusher
from tests.support.waiting import until
from tests.support.wire import Wire

from chassis import header_names
from contracts import topics
from contracts.topics import Topic
from local_stack import state
from local_stack.programs import database_url
from local_stack.settings import SERVICES, Stack

AT_ONCE = 16
CALM_SECONDS = 90.0
MOST_ATTEMPTS = 8
"""Somewhat more often than an order that the marketplace does not show is asked for."""
SHOWN = 20
"""Of each sort of evidence."""
SERVER_ERROR = 500
_TRIED_FOR_EVER = "select shop, key, attempts from work where key like '%BAD%' and due_at < now() and attempts > $1"
_SAMPLE = re.compile(r"^(\w+)\{([^}]*)\} (\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')


@dataclass(slots=True)
class Report:
    """What was sent and what became of it."""

    seed: int
    pushes: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    raw_requests: int = 0
    records: int = 0
    consumers: dict[str, dict[str, int]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    errors_logged: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        return not self.wrong

    def figures(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "pushes": self.pushes,
            "answers": {str(status): count for status, count in sorted(self.answers.items())},
            "raw_requests": self.raw_requests,
            "records": self.records,
            "consumers": self.consumers,
            "dead_letters": dict(self.reasons),
            "errors_logged": dict(self.errors_logged),
            "seconds": round(self.seconds, 1),
            "wrong": self.wrong,
        }


class Campaign:
    """`shops`: a connected shop of each channel, `seller`: their seller."""

    def __init__(self, system: Stack, *, seed: int, shops: dict[str, str], seller: str, say: Callable[[str], None]) -> None:
        header_names.install()  # the wire reads what it has sent
        self.system, self.shops, self.seller, self.say = system, shops, seller, say
        self.chance = random.Random(seed)
        self.report = Report(seed)
        self.wire = Wire(system.kafka_url, "")
        self._pids = self._running()
        self._logged = {path: path.stat().st_size for path in system.log.glob("*")}

    async def run(self, *, pushes: int, records: int) -> Report:
        began = time.monotonic()
        before = await self._calm()
        self.say(f"{pushes} pushes at the webhooks")
        await self._push(pushes)
        await self._send_raw_requests(max(pushes // 100, len(webhooks.RAW)))
        self.say(f"{records} records on {len(events.CONSUMED)} topics and their replay topics")
        await self._send(records)
        self.say("good events behind them, and the sums")
        sentinels = await self._send_good()
        await self._add_up(before, sentinels)
        await self._look_at_processes()
        self.report.seconds = time.monotonic() - began
        return self.report

    async def _calm(self) -> dict[str, Counter[str]]:
        """The counts, once whatever began before is over."""
        last: dict[str, Counter[str]] = {}

        async def same() -> bool:
            nonlocal last
            former, last = last, await self._counts()
            return former == last and not any(each["lag"] for each in last.values())

        await until(same, seconds=CALM_SECONDS, every=0.5, what="nothing is under way")
        return last

    def _wrong(self, sort: str, what: str) -> None:
        if sum(each.startswith(sort) for each in self.report.wrong) < SHOWN:
            self.report.wrong.append(f"{sort}: {what}"[:700])

    async def _push(self, count: int) -> None:
        pusher = Pusher(self.system)
        cases = iter([webhooks.case(self.chance, pusher, self.shops) for _ in range(count)])
        url = f"http://127.0.0.1:{self.system.ingestor_port}"
        try:
            async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as client:
                await asyncio.gather(*(self._push_each(client, cases) for _ in range(AT_ONCE)))
        finally:
            await pusher.close()

    async def _push_each(self, client: httpx.AsyncClient, cases: Any) -> None:
        for case in cases:
            self.report.pushes += 1
            try:
                answer = await client.post(f"/webhooks/{case.channel}", content=case.body, headers=list(case.headers))
            except httpx.TransportError as error:
                self.report.answers[0] += 1
                self._wrong("no answer", f"{error!r} to {case}")
                continue
            self.report.answers[answer.status_code] += 1
            if answer.status_code not in case.allowed:
                self._wrong(f"answer {answer.status_code}", f"not in {sorted(case.allowed)} to {case}")

    async def _send_raw_requests(self, count: int) -> None:
        for number in range(count):
            request = webhooks.RAW[number % len(webhooks.RAW)]
            reader, writer = await asyncio.open_connection("127.0.0.1", self.system.ingestor_port)
            writer.write(request)
            if writer.can_write_eof():
                writer.write_eof()
            try:
                async with asyncio.timeout(30):
                    answer = await reader.read(200)
            except (TimeoutError, ConnectionError):
                answer = b""
            writer.close()
            self.report.raw_requests += 1
            if answer[9:10] == b"5":
                self._wrong("raw request", f"{answer[:60]!r} to {request[:200]!r}")

    async def _send(self, count: int) -> None:
        cases = list(events.cases(self.chance, count, shops=self.shops, seller=self.seller))
        await self.wire.send_raw([(each.topic, each.key, each.value, each.headers) for each in cases if each.header is None])
        for each in cases:
            if each.header is not None:
                await self.wire.send_named(each.topic, each.key or b"k", each.value or b"", header=each.header, partition=0)
        self.report.records = count

    async def _send_good(self) -> dict[tuple[str, int], int]:
        """One on each partition; gives their offsets."""
        sent = {}
        for topic in events.CONSUMED:
            for partition in range(topic.partitions):
                value = events.good(topic, self.chance.randrange(10**9))
                (ack,) = await self.wire.send_raw([(topic.name, b"good", value, [events.JSON_TYPE])], partition=partition)
                sent[topic.name, partition] = ack.offset
        return sent

    async def _add_up(self, before: dict[str, Counter[str]], sentinels: dict[tuple[str, int], int]) -> None:
        """As soon as nothing is left to do: each record was handled, dead-lettered or known already, by each of its consumers."""
        sums: dict[str, dict[str, int]] = {}

        async def calm() -> bool:
            now = await self._counts()
            sums.clear()
            for name, counts in now.items():
                sums[name] = {each: counts[each] - before[name][each] for each in counts}
                sums[name]["lag"] = counts["lag"]
            return all(_adds_up(each) for each in sums.values()) and not any(each["lag"] for each in sums.values())

        try:
            await until(calm, seconds=CALM_SECONDS, every=1.0)
        except AssertionError:
            for name, each in sums.items():
                if not _adds_up(each) or each["lag"]:
                    self._wrong("does not add up", f"{name}: {each}")
        self.report.consumers = sums
        for topic, consumer in _consumers():
            await self._look_at_letters(topic, consumer, sentinels)

    async def _look_at_letters(self, topic: Topic, consumer: str, sentinels: dict[tuple[str, int], int]) -> None:
        for letter in await self.wire.read(topics.dlq(topic, consumer)):
            said = {name: value or b"" for name, value in letter.headers}
            reason, message = said["dead-letter-class"].decode(), said["dead-letter-message"].decode("utf-8", "replace")
            self.report.reasons[reason] += 1
            at = (said["dead-letter-topic"].decode(), int(said["dead-letter-partition"]))
            if sentinels.get(at) == int(said["dead-letter-offset"]):
                self._wrong("good event is dead", f"{topic.name} {consumer}: {message}")
            if reason == "bug" or not message:
                self._wrong("dead letter", f"{topic.name} {consumer}: {reason} {message}")

    async def _counts(self) -> dict[str, Counter[str]]:
        """For each consumer of a topic: records on the topic and its replay topic, what it says it did with them, dead letters, lag."""
        metrics = {name: await self._metrics(name) for name in SERVICES}
        found = {}
        for topic, consumer in _consumers():
            counts: Counter[str] = Counter({"records": 0, "handled": 0, "duplicate": 0, "dead": 0, "letters": 0, "lag": 0})
            for name in (topic.name, topics.replay(topic, consumer)):
                records = await self.wire.read(name)
                counts["records"] += len(records)
                committed = await self.wire.committed(consumer, name)
                last = {record.partition: record.offset for record in records}
                counts["lag"] += sum(max(0, offset + 1 - committed.get(number, 0)) for number, offset in last.items())
            counts["letters"] = len(await self.wire.read(topics.dlq(topic, consumer)))
            for (name, labels), value in metrics[consumer].items():
                if name == "consumed_events_total" and labels["topic"] == topic.name:
                    counts[labels["outcome"]] += int(value)
            found[f"{topic.name} {consumer}"] = counts
        return found

    async def _metrics(self, service: str) -> dict[tuple[str, Any], float]:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            text = (await client.get(f"{self.system.url(service)}/metrics")).text
        return {(name, _Labels(_LABEL.findall(labels))): float(value) for name, labels, value in _SAMPLE.findall(text)}

    async def _look_at_processes(self) -> None:
        if (pids := self._running()) != self._pids:
            self._wrong("process", f"died: {self._pids} before, {pids} now")
        for service in SERVICES:
            for (name, labels), value in (await self._metrics(service)).items():
                server_error = (
                    name == "http_request_seconds_count" and labels.get("status", "")[:1] == "5" and "webhooks" in labels["route"]
                )
                held = name in {"partitions_held", "consumer_paused", "outbox_refused_total"}
                bug = name == "batch_failures_total" and labels["kind"] == "bug"
                if value and (server_error or held or bug):
                    self._wrong("metric", f"{service} {name} {dict(labels)} {value}")
        await self._look_at_work()
        for path in self.system.log.glob("*"):
            with path.open("rb") as log:
                log.seek(self._logged.get(path, 0))
                self.report.errors_logged.update(_errors(path.stem, log.read().splitlines()))

    async def _look_at_work(self) -> None:
        """Nothing that was pushed is tried for ever."""
        connection = await asyncpg.connect(database_url(self.system, "ingestor"))
        try:
            left = await connection.fetch(_TRIED_FOR_EVER, MOST_ATTEMPTS)
        finally:
            await connection.close()
        for row in left:
            self._wrong("work", f"{row['shop']} {row['key']} after {row['attempts']} attempts")

    def _running(self) -> dict[str, int]:
        programs = state.read(self.system)["programs"]
        return {name: programs[name]["pid"] for name in SERVICES}


class _Labels(dict[str, str]):
    """Labels of one sample, which can be a key."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(sorted(self.items())))


def _consumers() -> Sequence[tuple[Topic, str]]:
    return [(topic, consumer) for topic in events.CONSUMED for consumer in topic.consumers]


def _adds_up(counts: dict[str, int]) -> bool:
    return counts["records"] == counts["handled"] + counts["duplicate"] + counts["dead"] and counts["dead"] == counts["letters"]


def _errors(name: str, lines: Sequence[bytes]) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in lines:
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and said.get("level") in {"error", "critical"}:
            found[f"{name} {str(said.get('event'))[:60]}"] += 1
    return found
