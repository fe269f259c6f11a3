"""Laws that hold for a request whatever happens to it, in whatever order."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.requests import NOW, SELLER, an_order, cancelled, closed, delayed, failed, refused, requested, synced

from contracts.cancel_decisions import CancelApproved, CancelledElsewhere, SyncRetryRequested
from decision.domain import orders
from decision.domain.alerts import Rules, refresh
from decision.domain.decide import Decided, Wish, decide
from decision.domain.requests import Change, Request, hear_outcome, observe
from decision.domain.sync import TAKEN

ORDER = an_order()
RULES = Rules()

SHOWN = (
    lambda n: requested(ORDER, observation=n, minutes=n * 6),
    lambda n: requested(ORDER, observation=n, minutes=n * 6, marketplace_status=f"M{n}"),
    lambda n: closed(ORDER, observation=n, minutes=n * 6),
    lambda n: closed(ORDER, "order_shipped", observation=n, minutes=n * 6),
    lambda n: closed(ORDER, "order_cancelled", observation=n, minutes=n * 6),
    lambda n: cancelled(ORDER, observation=n, minutes=n * 6),
)
OUTCOMES = (synced, delayed, refused, failed)

observations = st.tuples(st.just("show"), st.integers(0, len(SHOWN) - 1), st.integers(1, 9))
outcomes = st.tuples(st.just("tell"), st.integers(0, len(OUTCOMES) - 1), st.integers(1, 4), st.booleans(), st.integers(0, 5))
wishes = st.tuples(st.just("wish"), st.sampled_from(["approve", "reject"]))
histories = st.lists(st.one_of(observations, outcomes, wishes), max_size=25).map(lambda steps: [("show", 0, 1), *steps])


def step(request, happening):
    match happening:
        case ("show", which, n):
            change = observe(request, SHOWN[which](n), now=NOW, rules=RULES)
        case ("tell", which, attempt, current, older):
            decision = request.decision or (request.revert.decision if request.revert else None)
            revision = decision.revision if decision and current else older + 1
            verdict = decision.verdict if decision else "approve"
            change = hear_outcome(request, OUTCOMES[which](ORDER, verdict, revision=revision, attempt=attempt), now=NOW, rules=RULES)
        case (_, verdict):
            outcome = decide(request, Wish(verdict), by=SELLER, now=NOW)
            change = outcome.change if isinstance(outcome, Decided) else Change(request)
    return Change(refresh(change.request, now=NOW, rules=RULES), change.says, change.entries)


@settings(max_examples=150, deadline=None)
@given(histories)
def test_counters_only_grow_and_each_word_has_a_revision_of_its_own(history):
    request, said = None, []
    for happening in history:
        change = step(request, happening)
        if request is not None:
            assert change.request.version >= request.version
            assert change.request.revision - request.revision in {0, 1}
            seen = msgspec.structs.replace(request, facts=change.request.facts)
            assert change.request == seen or change.request.version > request.version, "a change that no reader is told of"
        said += [word.revision for word in change.says if not isinstance(word, SyncRetryRequested)]
        request = change.request
    assert said == sorted(set(said))
    assert (said or [0])[-1] == request.word <= request.revision


@settings(max_examples=150, deadline=None)
@given(histories)
def test_stock_is_given_back_exactly_while_the_order_is_cancelled_in_our_eyes(history):
    request, standing = None, ()
    for happening in history:
        change = step(request, happening)
        for word in change.says:
            standing = word.lines if isinstance(word, (CancelApproved, CancelledElsewhere)) else ()
        request = change.request
        assert request.given == standing
        assert bool(request.given) == (request.state in {"approved", "cancelled_elsewhere"})


@settings(max_examples=150, deadline=None)
@given(histories)
def test_nothing_is_shippable_that_waits_is_cancelled_or_rejected_without_being_taken(history):
    request = None
    for happening in history:
        request = step(request, happening).request
        order = orders.order_state([request])
        if order.shippable:
            assert request.state in {"rejected", "lapsed"}
            assert request.state == "lapsed" or request.sync.state in TAKEN
        assert order.shippable == (order.hold is None)


@settings(max_examples=150, deadline=None)
@given(histories)
def test_whatever_is_heard_twice_is_heard_once(history):
    request = None
    for happening in history:
        request = step(request, happening).request
        if happening[0] != "wish":
            again = step(request, happening)
            assert (again.request, again.says, again.entries) == (request, (), ())


@settings(max_examples=150, deadline=None)
@given(histories)
def test_confirmed_never_goes_back_but_for_a_new_decision(history):
    request = None
    for happening in history:
        before, request = request, step(request, happening).request
        if before and before.sync.state == "confirmed":
            assert request.sync.state == "confirmed" or (happening[0] == "wish" and request.revision > before.revision)


@settings(max_examples=150, deadline=None)
@given(st.permutations(range(1, 6)), st.lists(st.integers(0, 1), min_size=5, max_size=5), st.integers(0, 5))
def test_observations_in_any_order_end_where_the_newest_says(order, kinds, last):
    """The last one decides, whatever came before it; a cancelled order stays so."""

    def end(numbers) -> Request:
        request = None
        for n in numbers:
            shown = SHOWN[last] if n == 5 else SHOWN[kinds[n - 1]]
            request = observe(request, shown(n), now=NOW, rules=RULES).request
        return request

    straight, shuffled = end(range(1, 6)), end([*order, *order])
    assert (shuffled.state, shuffled.given) == (straight.state, straight.given)
    assert orders.order_state([shuffled]) == orders.order_state([straight])
