"""Any history of decisions, postings and matches, on real Postgres, beside a model that counts units one by one."""

import asyncio
import contextlib
import itertools
import random
import uuid
from collections import Counter, defaultdict
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.support import databases
from tests.support.stock import NOW, a_line, a_request_id, an_order, approved, cancelled_elsewhere, lapsed, rejected, retried, reverted

from chassis.database import open_pool
from contracts.stock_movements import StockSettled, StockUnmatched
from contracts.values import Order
from inventory import handlers
from inventory.api.posting import post_movements
from inventory.domain.postings import Posting

T = TypeVar("T")
KNOWN, LATER, NEVER = ("TEE", "MUG"), "CAP", "HAT"
ORDERED = {"1": 1, "2": 3, "3": 2}
GIVES = {approved, cancelled_elsewhere}


@dataclass
class Model:
    """What stock should be, told as simply as it can be."""

    opened: set[str] = field(default_factory=lambda: set(KNOWN))
    posted: Counter[str] = field(default_factory=Counter)
    words: dict[tuple[int, int], tuple[int, list[Any]]] = field(default_factory=dict)
    """By order and request: revision, and [line, sku or None, condition, quantity, waits]."""
    matched: dict[tuple[int, str], str] = field(default_factory=dict)

    def hear(self, order: int, request: int, revision: int, lines: list[Any]) -> bool:
        before = self.words.get((order, request), (0, []))
        if revision > before[0]:
            claims = []
            for line in lines:
                if line.stock == "none":
                    continue
                sku = self.matched.get((order, line.line_id), line.sku)
                waits = (order, line.line_id) not in self.matched and sku not in self.opened
                claims.append([line.line_id, sku, line.stock, line.quantity, waits])
            self.words[order, request] = revision, claims
        return revision >= before[0]

    def units(self, order: int) -> list[tuple[bool, bool, str, str, Any]]:
        """Each unit of an order that gets a place: (waits, sellable, request, line, sku)."""
        units = sorted(
            (
                (waits, condition == "sellable", a_request_id(the_order(self.seller, order), request), line, sku or "")
                for (of, request), (_, claims) in self.words.items()
                if of == order
                for line, sku, condition, quantity, waits in claims
                for _ in range(quantity)
            ),
            key=lambda unit: (unit[0], (order, unit[3]) in self.matched and unit[4] == self.matched[order, unit[3]], *unit),
        )
        taken: Counter[str] = Counter()
        placed = []
        for unit in units:
            if taken[unit[3]] < ORDERED[unit[3]]:
                taken[unit[3]] += 1
                placed.append(unit)
        return placed

    seller: str = ""

    def levels(self) -> dict[str, tuple[int, int]]:
        sellable, damaged = Counter(self.posted), Counter[str]()
        for order in {order for order, _ in self.words}:
            for waits, is_sellable, _, _, sku in self.units(order):
                if not waits:
                    (sellable if is_sellable else damaged)[sku] += 1
        return {sku: (sellable[sku], damaged[sku]) for sku in self.opened}

    def waiting(self) -> dict[tuple[str, str], int]:
        lines: Counter[tuple[str, str]] = Counter()
        for order in {order for order, _ in self.words}:
            for waits, _, request, line, _ in self.units(order):
                if waits:
                    lines[request, line] += 1
        return dict(lines)


def the_order(seller: str, order: object) -> Order:
    return an_order(str(order), seller=seller, shop=f"shop-of-{seller}")


LINES = st.lists(
    st.builds(
        lambda line, sku, quantity, stock: a_line(sku, min(quantity, ORDERED[line]), of=ORDERED[line], line=line, stock=stock),
        st.sampled_from(sorted(ORDERED)),
        st.sampled_from([*KNOWN, *KNOWN, LATER, NEVER, None]),
        st.integers(1, 3),
        st.sampled_from(["sellable", "sellable", "damaged", "none"]),
    ),
    max_size=3,
    unique_by=lambda line: line.line_id,
)
SAYS = st.tuples(
    st.integers(1, 2),
    st.integers(1, 3),
    st.integers(1, 6),
    st.sampled_from([approved, approved, cancelled_elsewhere, rejected, lapsed, reverted, retried]),
    LINES,
)


def machine(runner: asyncio.Runner, pool: Any) -> type[RuleBasedStateMachine]:
    def run(work: Coroutine[Any, Any, T]) -> T:
        return runner.run(work)

    class Ledger(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.seller = f"seller-{uuid.uuid4().hex[:12]}"  # a seller of its own: the ledger can't be emptied
            self.model = Model(seller=self.seller)
            self.said: dict[tuple[int, int, int], tuple[Any, list[Any]]] = {}
            self.numbers = itertools.count()
            self.answers: list[Any] = []
            for sku in KNOWN:
                self._post(Posting(sku, "opening", "count", set_to=5))
                self.model.posted[sku] = 5

        def _post(self, *postings: Posting) -> list[Any]:
            async def work() -> list[Any]:
                async with pool.acquire() as connection, connection.transaction():
                    return (await post_movements(connection, self.seller, postings, now=NOW))[0]

            return run(work())

        def _hear(self, events: list[Any]) -> list[Any]:
            async def work() -> list[Any]:
                async with pool.acquire() as connection, connection.transaction():
                    return list(await handlers.on_cancel_decisions(connection, events, now=NOW))

            return run(work())

        @rule(says=st.lists(SAYS, min_size=1, max_size=5), again=st.randoms(use_true_random=False))
        def decisions_arrive(self, says: list[Any], again: random.Random) -> None:
            """In any order; a revision says the same thing each time that it is said; old ones are said again."""
            batch = []
            for order, request, revision, kind, lines in says:
                kind_said, lines_said = self.said.setdefault((order, request, revision), (kind, lines))
                batch.append((order, request, revision, kind_said, lines_said))
            if self.said and again.random() < 0.5:
                at = again.choice(sorted(self.said))
                batch.append((*at, *self.said[at]))
            events, answered = [], 0
            for order, request, revision, kind, lines in batch:
                with_lines = lines if kind in {*GIVES, reverted} else ()
                events.append(kind(the_order(self.seller, order), *with_lines, revision=revision, request=request))
                if kind is not retried:
                    answered += self.model.hear(order, request, revision, lines if kind in GIVES else [])
            out = self._hear(events)
            assert sum(isinstance(event.data, StockSettled) for event in out) == answered
            for event in out:
                if isinstance(event.data, StockSettled):
                    assert all(line.back + (line.why is not None) >= min(1, line.wanted) for line in event.data.lines)
                if isinstance(event.data, StockUnmatched):
                    assert event.data.sku not in KNOWN

        @rule(sku=st.sampled_from([*KNOWN, LATER]), units=st.integers(1, 4))
        def units_are_sold(self, sku: str, units: int) -> None:
            (answer,) = self._post(Posting(sku, "sale", f"order {next(self.numbers)}", delta=-units))
            assert answer.status == ("done" if sku in self.model.opened else "failed")
            if answer.status == "done":
                self.model.posted[sku] -= units

        @rule()
        def the_later_sku_is_opened(self) -> None:
            (answer,) = self._post(Posting(LATER, "opening", "count", set_to=4))
            assert answer.status == ("unchanged" if LATER in self.model.opened else "done")
            if answer.status == "done":
                self.model.posted[LATER] = 4
                self.model.opened.add(LATER)

        @rule(pick=st.integers(0, 20), sku=st.sampled_from([*KNOWN, LATER, NEVER]))
        def a_person_matches_a_line(self, pick: int, sku: str) -> None:
            waiting = sorted(self.model.waiting().items())
            if not waiting:
                return
            (request_id, line), units = waiting[pick % len(waiting)]
            at = next(key for key in self.model.words if a_request_id(the_order(self.seller, key[0]), key[1]) == request_id)
            revision, claims = self.model.words[at]
            (answer,) = self._post(Posting(sku, "matched", f"{request_id}:{revision}:{line}", delta=units))
            assert answer.status == ("done" if sku in self.model.opened else "failed")
            if answer.status == "done":
                self.model.matched[at[0], line] = sku
                for claim in claims:
                    if claim[0] == line and claim[4]:
                        claim[1], claim[4] = sku, False

        @invariant()
        def levels_and_waiting_lines_are_as_the_model_says(self) -> None:
            rows = run(pool.fetch("select sku, available, damaged from levels where seller_id = $1", self.seller))
            assert {row["sku"]: (row["available"], row["damaged"]) for row in rows} == self.model.levels()
            rows = run(pool.fetch("select request_id, line_id, quantity from unmatched_lines where seller_id = $1", self.seller))
            assert {(str(row["request_id"]), row["line_id"]): row["quantity"] for row in rows} == self.model.waiting()

        @invariant()
        def the_ledger_adds_up_without_gaps(self) -> None:
            rows = run(pool.fetch("select * from movements where seller_id = $1 order by sku, level_version", self.seller))
            by_sku = defaultdict(list)
            for row in rows:
                by_sku[row["sku"]].append(row)
            for sku, movements in by_sku.items():
                assert [row["level_version"] for row in movements] == list(range(1, len(movements) + 1))
                so_far = 0
                for row in movements:
                    so_far += row["quantity"] if row["condition"] == "sellable" else 0
                    assert row["available_after"] == so_far, sku

    return Ledger


def test_any_history_ends_as_the_model_says(postgres_url: str):
    with asyncio.Runner() as runner, contextlib.ExitStack() as after:
        url = runner.run(databases.create(postgres_url, "inventory", "chassis", "inventory"))
        after.callback(lambda: runner.run(databases.drop(postgres_url, url)))
        pool = runner.run(_open(url))
        after.callback(lambda: runner.run(pool.close()))
        run_state_machine_as_test(
            machine(runner, pool),
            settings=settings(max_examples=60, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)),
        )


async def _open(url: str) -> Any:
    return await open_pool(url, name="test", max_size=2)


@pytest.mark.parametrize("seed", range(20))
async def test_shuffled_and_split_anyhow_the_same_decisions_end_the_same(pool, open_stock, hear, seed):
    """Levels that stand still make the end a function of what was said alone."""
    chance = random.Random(seed)
    await open_stock(TEE=5, MUG=5)
    story = []
    for order, request in itertools.product(("x", "y"), (1, 2, 3)):
        for revision in range(1, chance.randint(2, 6)):
            line = chance.choice(sorted(ORDERED))
            of = ORDERED[line]
            stock = chance.choice(["sellable", "damaged", "none"])
            sku = {"1": "TEE", "2": "MUG", "3": NEVER}[line]  # one per line: which of two fills it hangs on request ids
            lines = [a_line(sku, chance.randint(1, of), of=of, line=line, stock=stock)]
            kind = chance.choice([approved, cancelled_elsewhere, rejected, lapsed, reverted])
            story.append((kind, order, lines if kind in {*GIVES, reverted} else [], revision, request))

    async def ending(seller: str, told: list[Any]) -> Any:
        await open_stock(seller=seller, TEE=5, MUG=5)
        while told:
            size = chance.randint(1, 6)
            batch, told = told[:size], told[size:]
            await hear(*(kind(the_order(seller, order), *lines, revision=r, request=n) for kind, order, lines, r, n in batch))
        rows = await pool.fetch("select sku, available, damaged from levels where seller_id = $1 order by sku", seller)
        waits = await pool.fetch("select sum(quantity) from unmatched_lines where seller_id = $1", seller)
        return [tuple(row) for row in rows], waits[0][0]

    first = await ending("in-order", list(story))
    for number in range(3):
        shuffled = story + chance.sample(story, len(story) // 3)
        chance.shuffle(shuffled)
        assert await ending(f"shuffled-{number}", shuffled) == first
