"""The consumer of a service: which handler reads which topic."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import asyncpg
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from chassis import header_names, kafka, metrics
from chassis.batches import Batches, Handler
from chassis.logs import logger
from chassis.settings import ServiceSettings
from chassis.subscription import Subscription, tolerant_parser
from chassis.watch import Watch
from contracts import topics
from contracts.topics import Topic

LOG = logger(__name__)
H = TypeVar("H", bound=Handler)

FINISH_SECONDS = 4.0
LEAVE_SECONDS = 1.5
RETRY_BACKOFF_MS = 500
"""While Kafka is away or elects: a dozen clients that ask ten times a second, as they would by default, only slow it down."""


class Consumer:
    """`app.consumer`: the subscriptions of a service, all in one consumer group that has the service's name."""

    def __init__(
        self,
        name: str,
        settings: ServiceSettings,
        *,
        stop: asyncio.Event,
        now: Callable[[], datetime],
        committed: Callable[[], None],
    ) -> None:
        self.name, self.settings = name, settings
        self.subscriptions: list[Subscription] = []
        self.topics: list[Topic] = []
        self._stop, self._now, self._committed = stop, now, committed
        self._answered = 0.0
        self._broker: KafkaBroker | None = None
        self._options: list[tuple[str, int, Subscription]] = []

    def on(self, topic: Topic, *, batch: int = 1000, consumers: int = 1) -> Callable[[H], H]:
        """Handle the new events of a topic: `async def on_x(tx, events) -> Sequence[Event]`.

        What it returns is announced in the same transaction. Raise Transient to have the batch tried again, Permanent when an event can
        never work (raised for many, it is tried in halves). Anything else is a bug: retried, then isolated. The topic's replay topic is
        read by the same handler. `batch`: at most so many records at once.
        `consumers`: so many share the partitions; with two, one decodes while the other waits for the database.
        """

        def register(handler: H) -> H:
            self.topics.append(topic)
            metrics.begin_at_zero(reads=[topic.name], publishes=[each.name for each in topics.TOPICS if self.name in each.producers])
            for _ in range(consumers):
                self._add(topic.name, topic, handler, batch=batch, replay=False)
            self._add(topics.replay(topic, self.name), topic, handler, batch=batch, replay=True)
            return handler

        return register

    def _add(self, reads: str, topic: Topic, handler: Handler, *, batch: int, replay: bool) -> None:
        settings = self.settings
        subscription = Subscription(
            Batches(
                topic=topic,
                consumer=self.name,
                handler=handler,
                replay=replay,
                bugs_in_a_row_limit=settings.bugs_in_a_row,
                now=self._now,
            ),
            Watch(
                partial(kafka.answers, settings.kafka_url),
                fetch_seconds=settings.fetch_stall_seconds,
                handler_seconds=settings.handler_hang_seconds,
            ),
            stop=self._stop,
            committed=self._committed,
            bug_patience_seconds=settings.bug_patience_seconds,
            # Well under the poll interval, or the group would throw us out while we wait.
            backoff_cap_seconds=min(settings.backoff_cap_seconds, settings.max_poll_interval_seconds / 4),
        )
        self.subscriptions.append(subscription)
        self._options.append((settings.topic_prefix + reads, batch, subscription))

    async def start(self, pool: asyncpg.Pool) -> None:
        """Create missing topics, join the group, begin to consume; raises when Kafka does not answer, and may be called again then."""
        if not self.subscriptions and not any(self.name in topic.producers for topic in topics.TOPICS):
            return
        settings = self.settings
        wanted = kafka.wanted_topics(self.name, self.topics, prefix=settings.topic_prefix, replication=settings.topic_replication)
        await kafka.create_topics(settings.kafka_url, wanted)
        if not self.subscriptions:
            return
        self._broker = self._build(pool)
        try:
            await self._broker.connect()
            # Together: one after the other, each would wait for a rebalance of those before it.
            await asyncio.gather(*(subscriber.start() for subscriber in self._broker.subscribers))
        except BaseException:
            await self.stop()
            raise

    def _build(self, pool: asyncpg.Pool) -> KafkaBroker:
        settings = self.settings
        header_names.install()
        broker = KafkaBroker(
            settings.kafka_url,
            client_id=self.name,
            consumer_only=True,
            allow_auto_create_topics=False,
            retry_backoff_ms=RETRY_BACKOFF_MS,
            apply_types=False,
            graceful_timeout=FINISH_SECONDS,
            logger=logging.getLogger("chassis.faststream"),  # its own has a handler that does not speak JSON
            log_level=logging.DEBUG,
        )
        for reads, batch, subscription in self._options:
            subscriber = broker.subscriber(
                reads,
                group_id=settings.topic_prefix + self.name,
                batch=True,
                max_records=batch,
                batch_timeout_ms=10 if not subscription.batches.replay else 200,
                auto_offset_reset="earliest",
                ack_policy=AckPolicy.NACK_ON_ERROR,
                parser=tolerant_parser,
                decoder=_raw_records,
                isolation_level="read_committed",  # states of a fenced relay are not shown
                session_timeout_ms=int(settings.session_timeout_seconds * 1000),
                heartbeat_interval_ms=min(1000, int(settings.session_timeout_seconds * 1000 / 3)),
                max_poll_interval_ms=int(settings.max_poll_interval_seconds * 1000),
            )
            subscription.pool, subscription.subscriber = pool, subscriber
            subscriber(subscription.on_batch)
        return broker

    async def stop(self) -> None:
        """Finish the batches in hand and leave the group; gives up after a few seconds, because Kafka may be frozen."""
        broker, self._broker = self._broker, None
        if broker is None:
            return
        try:
            async with asyncio.timeout(FINISH_SECONDS + LEAVE_SECONDS):
                await broker.stop()
        except Exception as error:  # noqa: BLE001 - all that it holds is transactional: leaving without good-bye loses nothing
            LOG.warning("consumer-left-without-good-bye", error=repr(error))

    async def verdict(self) -> str | None:
        """None: all subscriptions are alive; else why the process should exit."""
        for subscription in self.subscriptions:
            if subscription.subscriber and (why := await subscription.watch.verdict(subscription.subscriber)):
                return f"{subscription.batches.topic.name}: {why}"
        return None

    def silent_seconds(self) -> float:
        """How long ago Kafka answered last; 0 while no partition is ours, as then nothing is asked."""
        consumers = [each.subscriber.consumer for each in self.subscriptions if each.subscriber and each.subscriber.consumer]
        asked = [consumer.last_poll_timestamp(partition) for consumer in consumers for partition in consumer.assignment()]
        # What was just assigned has no answer yet; then the newest one of before counts.
        self._answered = max([self._answered, *(at / 1000 for at in asked if at is not None)])
        return max(0.0, time.time() - self._answered) if asked and self._answered else 0.0

    def measure(self) -> None:
        """Show how far each topic is behind; several subscriptions of one topic count together."""
        behind: dict[str, tuple[int, float]] = {}
        for reads, _, subscription in self._options:
            name = reads.removeprefix(self.settings.topic_prefix)
            (events, age), (more, older) = behind.get(name, (0, 0.0)), subscription.behind(now=self._now().timestamp())
            behind[name] = events + more, max(age, older)
        for name, (events, age) in behind.items():
            metrics.CONSUMER_LAG.labels(name).set(events)
            metrics.CONSUMER_OLDEST.labels(name).set(age)

    def late_seconds(self, topic: Topic) -> float:
        """How long the oldest event of a topic waits to be handled here; for ever, where a bad deploy has paused it."""
        now = self._now().timestamp()
        return max(each.late_seconds(now=now) for each in self.subscriptions if each.batches.topic is topic and not each.batches.replay)

    @property
    def paused(self) -> list[str]:
        """Topics that are not consumed because of too many bugs in a row."""
        return [each.batches.topic.name for each in self.subscriptions if each.paused]


async def _raw_records(message: Any) -> Any:
    return message.raw_message
