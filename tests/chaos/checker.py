"""Judges what is left after a run, from outside and without any rule of the system's own: lost, twice, stuck, wrong stock.

The marketplaces' truth is the measure. Every promise is looked at from two sides that don't share code: the words on the topics against
the requests, the ledger against the levels and against what the marketplaces cancelled, the calls that the marketplaces heard against the
answers that were owed.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Literal

from tests.chaos.history import History, Said

from contracts.cancel_requests import request_id

JSON = dict[str, Any]
Kind = Literal["lost", "duplicated", "stock_errors", "stuck", "disordered"]

ANSWERS = frozenset({"handle_buyer_cancellation", "approve", "reject"})
TAKES_EFFECT_SECONDS = 0.2
SLOW_SECONDS = 2.0
IN_FLIGHT_SECONDS = 1.0
"""Between reading an order and calling about it."""

WORD_OF = {
    "approved": {"cancel-approved.v1"},
    "rejected": {"cancel-rejected.v1", "cancel-lapsed.v1"},  # the latter: it ended as the rejection wanted, which is owed no more
    "cancelled_elsewhere": {"cancelled-elsewhere.v1"},
    "lapsed": {"cancel-lapsed.v1", "cancel-reverted.v1"},
}
OUTCOME_OF = {"synced": "outcome-synced.v1", "refused": "outcome-refused.v1", "failed": "outcome-failed.v1"}
UNDER_WAY = frozenset({"queued", "retrying", "blocked"})
ENDED_WELL = frozenset({"approved", "cancelled_elsewhere"})
WENT_ON = frozenset({"rejected", "lapsed"})
TO_SHIP = frozenset({"new", "ready_to_ship"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken promise; `where`: the request, order, key or file to look at."""

    kind: Kind
    what: str
    where: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what} [{self.where}]"


def check(history: History) -> list[Finding]:
    """All that is wrong."""
    return [finding for rule in RULES for finding in rule(history)]


# One order


def why_unsettled(truth: JSON, rows: Sequence[JSON]) -> str | None:
    """Why this order is not (yet) as it must end; None: all its requests are answered, booked, and say what the marketplace says."""
    if truth["status"] == "cancel_requested":
        return "the marketplace waits for an answer"
    if any(request["state"] == "approved" for request in truth["requests"]):
        return "the marketplace is carrying a cancellation out"
    if missing := _not_listed(truth, rows):
        return f"{missing} is not listed"
    reasons = (under_way(row) or _contradiction(row, truth) for row in rows)
    return next((reason for reason in reasons if reason), None)


def request_ids(truth: JSON) -> dict[str, JSON]:
    """The ids of the order's requests, from what the marketplace calls them."""
    return {request_id(truth["channel"], truth["shop_id"], request["ref"]): request for request in truth["requests"]}


def _not_listed(truth: JSON, rows: Sequence[JSON]) -> str | None:
    """A request that ended before anybody saw it is listed only if it ended in a cancellation."""
    if truth["channel"] == "shopee":
        return "the cancelled order" if truth["status"] == "cancelled" and not rows else None
    listed = {row["id"] for row in rows}
    owed = (f"request {id_}" for id_, request in request_ids(truth).items() if request["state"] == "complete" and id_ not in listed)
    return next(owed, None)


def under_way(row: JSON) -> str | None:
    """What this request still waits for; None: nothing."""
    sync, stock = row["sync"]["state"], row["stock"]["state"]
    if row["state"] == "pending":
        return "it waits for the seller"
    if sync in UNDER_WAY:
        return f"its answer is {sync}: {row['sync'].get('message')}"
    if stock == "expected":
        return "its stock is expected"
    if row["state"] in ENDED_WELL and stock != "returned":
        return f"its stock is {stock}"
    return None


def _contradiction(row: JSON, truth: JSON) -> str | None:
    if row["state"] not in _may_be(row, truth):
        return f"it is {row['state']}, but the marketplace says {truth['status']}"
    if row["order"]["shippable"] is not (truth["status"] in TO_SHIP):
        return f"its order is shippable {row['order']['shippable']}, but the marketplace says {truth['status']}"
    return None


def _may_be(row: JSON, truth: JSON) -> frozenset[str]:
    cancelled = truth["status"] == "cancelled"
    if truth["channel"] == "shopee":
        return ENDED_WELL if cancelled else WENT_ON
    request = request_ids(truth).get(row["id"])
    if request is None:
        return frozenset()
    if request["state"] == "complete":
        return ENDED_WELL
    return WENT_ON | {"cancelled_elsewhere"} if cancelled else WENT_ON


# All of them


def settled(history: History) -> Iterator[Finding]:
    rows = _by(history.rows, lambda row: row["order_ref"])
    for ref, truth in history.truth.items():
        missing = _not_listed(truth, rows.get(ref, []))
        if missing:
            yield Finding("lost", f"{missing} is not listed", f"order {ref}")
        elif why := why_unsettled(truth, rows.get(ref, [])):
            yield Finding("stuck", why, f"order {ref}, requests {[row['id'] for row in rows.get(ref, [])]}")
    for row in history.rows:
        if row["sync"]["state"] == "failed":
            yield Finding("lost", f"its answer was given up: {row['sync'].get('message')}", f"request {row['id']}")
    yield from (Finding("stuck", stumble, "the run's own output") for stumble in history.stumbles)


def one_id_one_content(history: History) -> Iterator[Finding]:
    """An event that is sent again is the same, byte by byte; else two things were said under one name."""
    first: dict[tuple[str, str], Said] = {}
    for said in history.said:
        before = first.setdefault((said.topic, said.id), said)
        if (before.key, before.partition, before.value) != (said.key, said.partition, said.value):
            yield Finding("duplicated", f"{said.type} {said.id} says two things", f"{before.where} and {said.where}")


def in_order(history: History) -> Iterator[Finding]:
    """What is about one key appears first in the order in which it happened."""
    for (topic, name), told in _counted(history.said).items():
        for (number, said), (following, later) in pairwise(told):
            if following < number:
                yield Finding("disordered", f"{name}: {later.type} {following} after {said.type} {number}", later.where)
            elif following == number and topic in {"cancel-decisions", "order-status", "stock-movements", "cancel-requests"}:
                yield Finding("duplicated", f"{name}: {said.type} and {later.type} are both number {number}", later.where)


def without_gaps(history: History) -> Iterator[Finding]:
    """Counters that grow by one with each event show which event is missing."""
    for (topic, name), told in _counted(history.said).items():
        if topic in {"order-status", "stock-movements", "cancel-requests"}:
            numbers = {number for number, _ in told}
            if missing := sorted(set(range(1, max(numbers) + 1)) - numbers):
                yield Finding("lost", f"{topic} of {name}: {missing[:5]} never came", told[0][1].where)


def _counted(said: Iterable[Said]) -> dict[tuple[str, str], list[tuple[int, Said]]]:
    """First occurrences by what they count: topic and name → (number, record), as they stand on the topic."""
    found: dict[tuple[str, str], list[tuple[int, Said]]] = defaultdict(list)
    seen = set()
    for each in said:
        if (counter := _counter(each)) and (each.topic, each.id) not in seen:
            seen.add((each.topic, each.id))
            name, number = counter
            found[each.topic, name].append((number, each))
    return found


def _counter(said: Said) -> tuple[str, int] | None:
    data = said.data
    match said.topic:
        case "cancel-requests":
            return data["request_id"], data["observation"]
        case "cancel-decisions" if said.type != "sync-retry-requested.v1":
            return data["request_id"], data["revision"]
        case "order-status":
            return said.key, data["order_revision"]
        case "stock-movements" if "level_version" in data:
            return said.key, data["level_version"]
        case "sync-outcomes":
            return f"{data['request_id']} {data['revision']}", data["attempt"]
        case "shop-status":
            return said.key, data["shop_revision"]
    return None


def last_words(history: History) -> Iterator[Finding]:
    """Every request ends with one standing word, the highest revision, and it says what the request is."""
    words = _words(history)
    rows = {row["id"]: row for row in history.rows}
    for id_, row in rows.items():
        last = max(words.get(id_, []), key=lambda said: said.data["revision"], default=None)
        if row["state"] == "pending":
            continue
        if last is None or last.data["revision"] < row["revision"]:
            said = f"{last.type} {last.data['revision']}" if last else "nothing"
            yield Finding("lost", f"{row['state']} at revision {row['revision']} was never said; last word: {said}", f"request {id_}")
        elif last.data["revision"] > row["revision"]:
            word = f"{last.type} {last.data['revision']}"
            yield Finding("duplicated", f"{word} was said, but the request is at revision {row['revision']}: it never happened", last.where)
        elif last.type not in WORD_OF[row["state"]]:
            yield Finding("duplicated", f"the last word is {last.type}, but request {id_} is {row['state']}", last.where)
    for id_ in words.keys() - rows.keys():
        yield Finding("duplicated", f"{words[id_][-1].type} was said of request {id_}, which does not exist", words[id_][-1].where)


def clicks(history: History) -> Iterator[Finding]:
    """An answer that the seller was thanked for is on the topic."""
    said = {(word.data["request_id"], word.data["revision"], word.type) for words in _words(history).values() for word in words}
    type_of = {"approved": "cancel-approved.v1", "rejected": "cancel-rejected.v1"}
    for click in history.clicks:
        if click.state in type_of and not any((click.request_id, n, type_of[click.state]) in said for n in range(1, click.revision + 1)):
            yield Finding("lost", f"the seller's {click.answer} was accepted and never said", f"request {click.request_id}")


def order_words(history: History) -> Iterator[Finding]:
    """The newest word about each order is what the API shows."""
    last: dict[str, Said] = {}
    for said in history.said:
        if said.topic == "order-status" and said.data["order_revision"] >= (
            last[said.key].data["order_revision"] if said.key in last else 0
        ):
            last[said.key] = said
    for row in history.rows:
        key = f"{row['channel']}:{row['shop']['id']}:{row['order_ref']}"
        said = last.get(key)
        if said is None:
            yield Finding("lost", "nothing was said about the order", f"order {key}")
            continue
        shown = (row["order"]["status"], row["order"]["shippable"], row["order"].get("hold"))
        if shown != (told := (said.data["status"], said.data["shippable"], said.data.get("hold"))):
            yield Finding("lost", f"the last word about the order is {told}, the API shows {shown}", said.where)


def stock(history: History) -> Iterator[Finding]:
    """Levels: what was opened, less what was sold, plus what the marketplaces cancelled; for each order, and over all of them."""
    wanted = Counter(history.opening)
    booked = _booked(history.ledger)
    for ref, truth in history.truth.items():
        sold, back = _units(truth, "quantity"), _units(truth, "cancelled_quantity")
        wanted.subtract(sold)
        wanted.update(back)
        for sku in sold:
            if (gone := booked["sale", ref, sku]) != -sold[sku]:
                yield Finding("stock_errors", f"{sku}: {-gone} sold, not {sold[sku]}", f"order {ref}")
            if (given := booked["back", ref, sku]) != back[sku]:
                yield Finding("stock_errors", f"{sku}: {given} given back, but {back[sku]} of {sold[sku]} were cancelled", f"order {ref}")
    for sku, number in wanted.items():
        if (have := history.levels.get(sku, {}).get("available")) != number:
            yield Finding("stock_errors", f"{have} are available, not {number}", f"SKU {sku}")


def ledger(history: History) -> Iterator[Finding]:
    """Each level is the sum of its movements, counted without gaps, and each movement is on the topic once."""
    by_sku = _by(history.ledger, lambda movement: movement["sku"])
    for sku, level in history.levels.items():
        movements = sorted(by_sku.get(sku, []), key=lambda movement: movement["level_version"])
        if [movement["level_version"] for movement in movements] != list(range(1, level["level_version"] + 1)):
            yield Finding("stock_errors", f"{len(movements)} movements for level version {level['level_version']}", f"SKU {sku}")
        if (total := sum(movement["quantity"] for movement in movements)) != level["available"]:
            yield Finding("stock_errors", f"movements add up to {total}, available are {level['available']}", f"SKU {sku}")
    told = {said.data["movement_id"]: said for said in history.said if "movement_id" in said.data}
    known = {movement["movement_id"] for movement in history.ledger}
    yield from (Finding("lost", f"movement {id_} was never said", "stock-movements") for id_ in known - told.keys())
    for id_ in told.keys() - known:
        yield Finding("duplicated", f"movement {id_} was said, but is not in the ledger: it never happened", told[id_].where)


def settlements(history: History) -> Iterator[Finding]:
    """Inventory answers the last word of every request."""
    answered = {(said.data["request_id"], said.data["revision"]) for said in history.said if said.type == "stock-settled.v1"}
    for id_, words in _words(history).items():
        revision = max(word.data["revision"] for word in words)
        if (id_, revision) not in answered:
            yield Finding("lost", f"inventory never answered revision {revision}", f"request {id_}")


def deliveries(history: History) -> Iterator[Finding]:
    """Every standing answer has a delivery; none is left alive; what became of it was said."""
    said = {(each.data["request_id"], each.data["revision"], each.type) for each in history.said if each.topic == "sync-outcomes"}
    owed = {(each["request_id"], each["revision"]): each for each in history.deliveries}
    for delivery in history.deliveries:
        if delivery["state"] in UNDER_WAY:
            yield Finding("stuck", f"it is {delivery['state']}: {delivery['message']}", f"delivery {delivery['id']}")
        outcome = OUTCOME_OF.get(delivery["state"])
        if outcome and (delivery["request_id"], delivery["revision"], outcome) not in said:
            yield Finding("lost", f"it is {delivery['state']}, which was never said", f"delivery {delivery['id']}")
    for id_, words in _words(history).items():
        last = max(words, key=lambda word: word.data["revision"])
        if last.type in {"cancel-approved.v1", "cancel-rejected.v1"} and (id_, last.data["revision"]) not in owed:
            yield Finding("lost", f"{last.type} {last.data['revision']} is owed to no marketplace", f"request {id_}")


def answers(history: History) -> Iterator[Finding]:
    """A marketplace that has taken an answer, and shows it, is not told again."""
    for ref, truth in history.truth.items():
        calls = [call for call in truth.get("calls", ()) if call["endpoint"] in ANSWERS]
        for about, told in _by(calls, lambda call, ref=ref: call["request"].get("cancel_id", ref)).items():
            for first, second in pairwise(told):
                if _had_effect(first) and _at(second) > _shown_at(first) + IN_FLIGHT_SECONDS:
                    gap = _at(second) - _at(first)
                    what = f"{second['endpoint']} was called {gap:.1f} s after a {first['endpoint']} that the marketplace had taken"
                    yield Finding("duplicated", what, f"order {ref}, request {about}")


def timelines(history: History) -> Iterator[Finding]:
    """What the seller reads of each event, they read once."""
    for id_, entries in history.timelines.items():
        told = Counter(
            (entry["kind"], entry["event_id"], str(sorted((entry.get("params") or {}).items())))
            for entry in entries
            if entry.get("event_id")
        )
        yield from (Finding("duplicated", f"{kind} is told {n} times", f"timeline of {id_}") for (kind, _, _), n in told.items() if n > 1)


def leftovers(history: History) -> Iterator[Finding]:
    yield from (Finding("lost", "a dead letter", letter) for letter in history.dead)
    yield from (Finding("stuck", f"{count} events were never published", f"outbox of {name}") for name, count in history.unsent.items())
    yield from (Finding("stuck", f"{count} records were never handled", where) for where, count in history.lag.items())


RULES: tuple[Callable[[History], Iterator[Finding]], ...] = (
    settled,
    one_id_one_content,
    in_order,
    without_gaps,
    last_words,
    clicks,
    order_words,
    stock,
    ledger,
    settlements,
    deliveries,
    answers,
    timelines,
    leftovers,
)


def _words(history: History) -> dict[str, list[Said]]:
    """The decisions about each request."""
    words = (said for said in history.said if said.topic == "cancel-decisions" and said.type != "sync-retry-requested.v1")
    return _by(words, lambda said: str(said.data["request_id"]))


def _booked(movements: Iterable[JSON]) -> Counter[tuple[str, str, str]]:
    """Units by what they were booked for: (`sale` or `back`, order, SKU)."""
    units: Counter[tuple[str, str, str]] = Counter()
    for movement in movements:
        if movement["kind"] in {"restored", "reversed"}:
            units["back", movement["order"]["order_ref"], movement["sku"]] += movement["quantity"]
        elif movement.get("reason") == "sale":
            units["sale", movement["reference"].rpartition(":")[2], movement["sku"]] += movement["quantity"]
    return units


def _units(truth: JSON, name: str) -> Counter[str]:
    units: Counter[str] = Counter()
    for line in truth["lines"]:
        units[line["sku"]] += line[name]
    return units


def _had_effect(call: Mapping[str, Any]) -> bool:
    if call["fault"] == "timeout_after":
        return True
    answer = call["answer"]
    return call["fault"] != "no_effect" and isinstance(answer, dict) and not answer.get("error") and not answer.get("code")


def _shown_at(call: Mapping[str, Any]) -> float:
    """From when on a read shows it."""
    return _at(call) + TAKES_EFFECT_SECONDS + (SLOW_SECONDS if call["fault"] == "slow" else 0.0)


def _at(call: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(call["at"]).timestamp()


def _by(items: Iterable[Any], name: Callable[[Any], str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for item in items:
        found[name(item)].append(item)
    return dict(found)
