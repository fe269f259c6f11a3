"""Whether cancel requests are heard in time: an order of which nothing is known may have one that is on its way here."""

from datetime import timedelta
from uuid import UUID, uuid4

from chassis.app import App
from chassis.database import Queries
from chassis.waiting import pause
from contracts import topics

QUERIES = Queries("decision", "lateness.sql")
LATE = timedelta(minutes=1)
EVERY_SECONDS = 5.0
"""A third of the time for which a process's word counts."""


async def run(app: App) -> None:
    """Tell until the service stops. Every process does: the gate is asked of any of them."""
    process, suspected, told = uuid4(), False, False
    while not app.stop.is_set():
        late = is_late(app)
        if told or (late and suspected):  # at the second look: what has just come after an hour of silence is in nobody's hand for a moment
            await tell(app, process, late=late)
            told = late
        suspected = late
        await pause(app.stop, EVERY_SECONDS)


def is_late(app: App) -> bool:
    return app.consumer.late_seconds(topics.CANCEL_REQUESTS) > LATE.total_seconds()


async def tell(app: App, process: UUID, *, late: bool) -> None:
    """Say it for a while: a process that ends says so no more."""
    await app.pool.execute(QUERIES.save_lateness, process, 3 * EVERY_SECONDS if late else 0.0)
