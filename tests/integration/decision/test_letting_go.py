"""The last word about a rejection of which nobody heard, when its order is asked back again."""

from tests.support.requests import an_order, closed, requested

from contracts.cancel_decisions import CancelLapsed

ORDER = an_order()


def words(events):
    return [(event.data.native_id, event.data.revision) for event in events if isinstance(event.data, CancelLapsed)]


async def test_the_next_request_lets_an_unheard_rejection_go_once(hear, wish, look):
    await hear(requested(ORDER))
    ((request,), _) = await look(ORDER)
    await wish(request.request_id, "reject")
    assert words(await hear(closed(ORDER))) == []
    again = requested(ORDER, native_id="SN1#2", minutes=9)
    assert words(await hear(again)) == [("SN1", 3)]
    assert words(await hear(requested(ORDER, native_id="SN1#2", minutes=12, observation=2, order_total=None))) == []
    requests, order = await look(ORDER)
    first = next(each for each in requests if each.request_id == request.request_id)
    assert (first.state, first.revision, first.word, first.version) == ("rejected", 3, 3, 4)
    assert order.status == "cancel_requested"


async def test_it_is_let_go_whichever_of_the_two_is_heard_first(hear, wish, look):
    await hear(requested(ORDER))
    ((request,), _) = await look(ORDER)
    await wish(request.request_id, "reject")
    assert words(await hear(requested(ORDER, native_id="SN1#2", minutes=9))) == []
    assert words(await hear(closed(ORDER))) == [("SN1", 3)]
