"""A producer's absurd time is a dead letter at once: it neither holds a partition of sellers nor pauses the consumer."""

from datetime import UTC, datetime

import pytest
from tests.support.requests import an_order, requested

from chassis.failures import judge


async def test_a_deadline_at_the_beginning_of_the_calendar_can_never_be_handled(hear):
    with pytest.raises(OverflowError) as raised:
        await hear(requested(an_order(), respond_by=datetime.min.replace(tzinfo=UTC)))
    assert judge(raised.value) == "permanent"
