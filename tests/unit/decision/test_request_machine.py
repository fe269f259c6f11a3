"""All requests of one order under whatever may happen to them, through the unit of work that handlers and use cases share."""

from datetime import timedelta
from itertools import pairwise

import hypothesis
import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.support.requests import NOW, SELLER, an_order, cancelled, closed, delayed, failed, refused, requested, settled, synced

from contracts.cancel_decisions import CancelApproved, CancelledElsewhere, SyncRetryRequested
from contracts.order_status import OrderStatusChanged
from decision.cases import Cases
from decision.domain import follow_up
from decision.domain.alerts import Rules
from decision.domain.decide import Decided, Wish, decide
from decision.domain.orders import OrderState
from decision.domain.requests import hear_outcome, hear_stock, observe
from decision.domain.sync import TAKEN
from decision.store import Held

ORDER = an_order("SN1", channel="tiktok")
SHOP = (ORDER.channel, ORDER.shop_id)
RULES = Rules()
NATIVE = ("A", "B", "C")
SHOWN = {
    "asks": requested,
    "goes on": closed,
    "shipped": lambda order, **more: closed(order, "order_shipped", **more),
    "cancelled": lambda order, **more: closed(order, "order_cancelled", **more),
    "just cancelled": cancelled,
}
OUTCOMES = {"synced": synced, "delayed": delayed, "refused": refused, "failed": failed}
HOLDS = {"pending", "approved", "cancelled_elsewhere"}
which = st.integers(0, len(NATIVE) - 1)


class RequestMachine(RuleBasedStateMachine):
    """`self.held` is what the database would hold; each rule is one transaction."""

    @initialize()
    def an_order_nobody_heard_of(self):
        self.held = Held(orders={ORDER.key: OrderState()})
        self.now, self.looked = NOW, 0
        self.words = {}
        self.standing = {}
        self.said = []
        self.taken_words = set()

    def _transaction(self, act):
        cases = Cases(self.held, self.now, RULES)
        before = dict(self.held.requests)
        act(cases)
        for event in cases.events:
            word = event.data
            if isinstance(word, OrderStatusChanged):
                self.said.append(word)
            elif not isinstance(word, SyncRetryRequested):
                assert word.revision > self.words.get(word.request_id, 0), "a word that is no newer than the one before"
                self.words[word.request_id] = word.revision
                self.standing[word.request_id] = word
        for request_id, request in self.held.requests.items():
            if older := before.get(request_id):
                assert request.revision >= older.revision
                unseen = {"facts": request.facts, "shop_disconnected": request.shop_disconnected}
                same = msgspec.structs.replace(older, **unseen) == request
                assert request.facts.observation >= older.facts.observation
                if older.sync.state == "confirmed" and request.decision == older.decision:
                    assert request.sync.state == "confirmed"
                assert same or request.version > older.version, "a change that no reader is told of"

    def _known(self, number):
        known = [each for each in self.held.requests.values() if each.facts.native_id == NATIVE[number]]
        return known[0] if known else None

    @rule(number=which, how=st.sampled_from(sorted(SHOWN)), late=st.integers(0, 3))
    def the_marketplace_shows(self, number, how, late):
        """`late`: an observation that was overtaken by so many newer ones."""
        self.looked += 1
        seen = SHOWN[how](ORDER, native_id=NATIVE[number], observation=max(1, self.looked - late), minutes=self.looked)
        disconnected = SHOP in self.held.disconnected
        known = self.held.requests.get(seen.request_id)
        self._transaction(lambda cases: cases.take(observe(known, seen, now=self.now, rules=RULES, shop_disconnected=disconnected)))

    @rule(number=which, verdict=st.sampled_from(["approve", "reject"]))
    def somebody_decides(self, number, verdict):
        request = self._known(number)
        outcome = decide(request, Wish(verdict), by=SELLER, now=self.now) if request else None
        if isinstance(outcome, Decided):
            assert request.state == "pending", "a decision where nothing waits for one"
            self._transaction(lambda cases: cases.take(outcome.change))
            assert self._known(number).revision == request.revision + 1

    @rule(number=which, how=st.sampled_from(sorted(OUTCOMES)), attempt=st.integers(1, 4), older=st.integers(0, 2))
    def the_answer_comes_to_something(self, number, how, attempt, older):
        request = self._known(number)
        decision = request and request.decision
        if decision:
            revision = max(1, decision.revision - older)
            told = OUTCOMES[how](ORDER, decision.verdict, revision=revision, attempt=attempt)
            told = msgspec.structs.replace(told, request_id=request.request_id)
            self._transaction(lambda cases: cases.take(hear_outcome(request, told, now=self.now, rules=RULES)))
            if revision != decision.revision:
                assert self._known(number).sync == request.sync, "the outcome of a decision that stands no more"

    @rule(number=which, back=st.integers(0, 2), older=st.integers(0, 2))
    def inventory_answers(self, number, back, older):
        request = self._known(number)
        if request:
            told = settled(ORDER, revision=max(1, request.word - older), back=back, native_id=NATIVE[number])
            self._transaction(lambda cases: cases.take(hear_stock(request, told, now=self.now)))

    @rule(number=which)
    def somebody_sends_it_again(self, number):
        request = self._known(number)
        change = follow_up.retry_sync(request, by=SELLER, now=self.now) if request else "nothing-to-retry"
        if change != "nothing-to-retry":
            self._transaction(lambda cases: cases.take(change))

    @rule(gone=st.booleans())
    def the_shop_comes_or_goes(self, gone):
        self.held.disconnected = {SHOP} if gone else set()

    @rule(minutes=st.sampled_from([1, 20, 24 * 60, 72 * 60]))
    def time_goes_by(self, minutes):
        self.now += timedelta(minutes=minutes)

        def look(cases):
            for request_id in list(self.held.requests):
                cases.touch(request_id)

        self._transaction(look)

    @invariant()
    def nothing_ships_that_is_asked_for_cancelled_or_not_yet_turned_down(self):
        for state in self._order():
            requests = self.held.requests.values()
            if state.shippable:
                assert not HOLDS & {each.state for each in requests}
                assert all(each.sync.state in TAKEN for each in requests if each.state == "rejected")
            assert state.shippable == (state.hold is None)

    @invariant()
    def who_ships_was_told_of_each_change_once(self):
        for state in self._order():
            assert [each.order_revision for each in self.said] == list(range(1, state.revision + 1))
            told = [(each.status, each.shippable, each.hold, each.recall) for each in self.said]
            assert told[-1] == (state.status, state.shippable, state.hold, state.recall)
            assert all(before != after for before, after in pairwise(told)), "nothing that anybody acts on has changed"

    @invariant()
    def stock_is_told_to_be_back_exactly_while_the_order_is_cancelled_in_our_eyes(self):
        for request in getattr(self, "held", Held()).requests.values():
            word = self.standing.get(request.request_id)
            given = word.lines if isinstance(word, (CancelApproved, CancelledElsewhere)) else ()
            assert request.given == given
            assert bool(given) == (request.state in {"approved", "cancelled_elsewhere"})
            assert request.word == (word.revision if word else 0)

    def _order(self):
        held = getattr(self, "held", None)
        return [held.orders[ORDER.key]] if held and held.requests else []


RequestMachine.TestCase.settings = hypothesis.settings(max_examples=150, stateful_step_count=30, deadline=None)
TestRequests = RequestMachine.TestCase
