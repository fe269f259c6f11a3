"""A relay alone in a process, with gates between reading the outbox and publishing: where a leader may stall at the worst moment."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from tests.support.probe import Gates

import chassis.relay
from chassis.publish import Publisher
from chassis.relay import Relay


class GatedPublisher(Publisher):
    gates: Gates

    async def fence(self) -> None:
        self.gates.wait_blocking("before-fence")
        await super().fence()

    async def publish(self, rows: Any) -> None:
        self.gates.wait_blocking("before-publish")
        await super().publish(rows)


def gated(relay: Relay, gates: Gates) -> Relay:
    make = relay._make_publisher

    def make_gated() -> Publisher:
        publisher = make()
        publisher.__class__ = GatedPublisher
        publisher.gates = gates  # type: ignore[attr-defined] # it is one now
        return publisher

    relay._make_publisher = make_gated
    return relay


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        chassis.relay.SILENT_SECONDS = int(argument.removeprefix("silent="))
    relay = Relay(
        os.environ["PROBE_DATABASE_URL"], os.environ["KAFKA_URL"], name="probe", stop=asyncio.Event(), prefix=os.environ["TOPIC_PREFIX"]
    )
    asyncio.run(gated(relay, Gates(Path(os.environ["PROBE_GATES"]))).run())
