"""Topics as the map declares them, beside those that exist."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import msgspec
from aiokafka.admin import NewTopic

from chassis import kafka
from contracts import topics
from ops.failures import Failed
from ops.wire import TopicState, Wire

Judgement = Literal["ok", "missing", "drift", "not declared"]
SHOWN_SECONDS = 10.0
MENDABLE = ("cleanup.policy", "retention.ms", "max.message.bytes")


class Verdict(msgspec.Struct, frozen=True):
    """One topic: what is declared, what there is, what differs."""

    topic: str
    judgement: Judgement
    differences: tuple[str, ...] = ()
    """`retention.ms is 1000, not 2592000000`."""
    mendable: bool = True
    """False: another number of partitions would send the events of an order elsewhere; a person has to move the topic."""


def declared(*, replication: int, prefix: str = "") -> dict[str, NewTopic]:
    """Every topic that all services together need, by its name without the prefix."""
    services = sorted({name for topic in topics.TOPICS for name in (*topic.producers, *topic.consumers)})
    wanted = [
        each
        for service in services
        for each in kafka.wanted_topics(
            service, [topic for topic in topics.TOPICS if service in topic.consumers], prefix=prefix, replication=replication
        )
    ]
    return {each.name.removeprefix(prefix): each for each in wanted}


async def compare(wire: Wire, *, replication: int) -> list[Verdict]:
    """Every declared topic, and those that look like ours but are not declared."""
    wanted = declared(replication=replication, prefix=wire.prefix)
    existing = await wire.existing()
    states = await wire.states(sorted(wanted.keys() & existing))
    verdicts = [judge(name, wanted[name], states.get(name)) for name in sorted(wanted)]
    return verdicts + [Verdict(name, "not declared", mendable=False) for name in strays(wanted, existing)]


def judge(name: str, wanted: NewTopic, state: TopicState | None) -> Verdict:
    if state is None:
        return Verdict(name, "missing")
    differences = [
        f"{setting} is {state.config.get(setting)}, not {value}"
        for setting, value in wanted.topic_configs.items()
        if _normal(state.config.get(setting)) != _normal(value)
    ]
    same_partitions = state.partitions == wanted.num_partitions
    if not same_partitions:
        differences.append(f"partitions are {state.partitions}, not {wanted.num_partitions}")
    return Verdict(name, "drift" if differences else "ok", tuple(differences), mendable=same_partitions)


def strays(wanted: Collection[str], existing: Collection[str]) -> list[str]:
    """Topics named after ours that nobody declares any more."""
    ours = tuple(f"{topic.name}-" for topic in topics.TOPICS)
    return sorted(name for name in existing if name not in wanted and name.startswith(ours))


def _normal(value: str | None) -> object:
    return sorted(value.split(",")) if value and "," in value else value


async def apply(wire: Wire, verdicts: Sequence[Verdict], *, replication: int) -> list[str]:
    """Create what is missing and set what can be set; gives what was done. Partitions are never changed."""
    wanted = declared(replication=replication, prefix=wire.prefix)
    missing = [wanted[each.topic] for each in verdicts if each.judgement == "missing"]
    if missing:
        await kafka.create_topics(wire.url, missing)
    done = [f"{topic.name.removeprefix(wire.prefix)} created" for topic in missing]
    drifted = [each.topic for each in verdicts if each.judgement == "drift" and any("partitions" not in text for text in each.differences)]
    states = await wire.states(drifted)
    for name in drifted:
        await wire.set_config(name, _mended(states[name].own, wanted[name].topic_configs))
        done.append(f"{name} set to {', '.join(f'{key}={value}' for key, value in wanted[name].topic_configs.items())}")
    return done


async def applied(wire: Wire, *, replication: int) -> list[Verdict]:
    """The comparison as soon as the broker shows what was set: it takes it over a moment later."""
    limit = time.monotonic() + SHOWN_SECONDS
    while True:
        verdicts = await compare(wire, replication=replication)
        if all(each.judgement != "missing" and (each.judgement != "drift" or not each.mendable) for each in verdicts):
            return verdicts
        if time.monotonic() > limit:
            return verdicts
        await asyncio.sleep(0.1)


def _mended(own: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """What was set for this topic stays, but for what the map declares."""
    return {**own, **{name: value for name, value in wanted.items() if name in MENDABLE}}


def consumer_of(name: str, topic: str) -> str:
    """The consumer `name` of a topic; raises Failed when it does not read it."""
    found = next((each for each in topics.TOPICS if each.name == topic), None)
    if found is None or name not in found.consumers:
        pairs = ", ".join(f"{each.name} → {consumer}" for each in topics.TOPICS for consumer in each.consumers)
        raise Failed(f"{name} does not consume {topic}: {pairs}")
    return name
