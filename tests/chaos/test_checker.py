"""The checker over histories made by hand: nothing to say about a right one, and each broken promise is found."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from tests.chaos.checker import check, why_unsettled
from tests.chaos.history import Click, History, Said

from contracts.cancel_requests import request_id

SHOPEE, TIKTOK = ("shopee", "1", "SN1"), ("tiktok", "2", "577")
APPROVED = request_id("shopee", "1", "SN1")
REJECTED = request_id("tiktok", "2", "4031")


def a_call(endpoint: str, *, second: float = 10, fault: str | None = None, answer: Any = None, **request: Any) -> dict[str, Any]:
    at = f"2026-05-04T12:00:{second:06.3f}Z"
    return {"at": at, "endpoint": endpoint, "request": request, "answer": answer or {"error": ""}, "http_status": 200, "fault": fault}


def the_truth() -> dict[str, dict[str, Any]]:
    """The Shopee order was cancelled as we said, the TikTok order goes on as we said."""

    def order(place: tuple[str, str, str], status: str, request: dict[str, Any], cancelled: int, call: dict[str, Any]) -> dict[str, Any]:
        channel, shop_id, ref = place
        lines = [{"sku": "A", "quantity": 2, "cancelled_quantity": cancelled}]
        return {
            "channel": channel, "shop_id": shop_id, "order_ref": ref, "status": status,
            "requests": [request], "lines": lines, "calls": [call],
        }  # fmt: skip

    cancelled = order(SHOPEE, "cancelled", {"ref": "SN1", "state": "complete"}, 2, a_call("handle_buyer_cancellation"))
    goes_on = order(TIKTOK, "new", {"ref": "4031", "state": "closed"}, 0, a_call("reject", cancel_id="4031", answer={"code": 0}))
    return {"SN1": cancelled, "577": goes_on}


def a_row(id_: str, place: tuple[str, str, str], state: str, *, status: str, stock: str) -> dict[str, Any]:
    channel, shop_id, ref = place
    hold = "cancelled" if status == "cancelled" else None
    return {
        "id": id_, "channel": channel, "shop": {"id": shop_id}, "order_ref": ref, "state": state, "revision": 2,
        "order": {"status": status, "shippable": hold is None, "hold": hold, "recall": False},
        "sync": {"state": "synced", "message": None}, "stock": {"state": stock},
    }  # fmt: skip


def a_record(topic: str, offset: int, key: str, type_: str, **data: Any) -> Said:
    named = "|".join(str(data.get(name)) for name in ("request_id", "revision", "observation", "order_revision", "movement_id", "attempt"))
    envelope = {
        "source": "/zetpy/x",
        "id": f"{type_}|{key}|{named}",
        "type": f"com.zetpy.{type_}",
        "time": "2026-05-04T12:00:00Z",
        "data": data,
    }
    return Said(topic, 0, offset, key, json.dumps(envelope).encode())


def the_words() -> list[Said]:
    said = []
    for number, (id_, place, word) in enumerate([(APPROVED, SHOPEE, "approved"), (REJECTED, TIKTOK, "rejected")]):
        key, offset = ":".join(place), 10 * number
        said += [
            a_record("cancel-requests", offset, key, "cancel-requested.v1", request_id=id_, observation=1),
            a_record("cancel-requests", offset + 1, key, "cancel-request-closed.v1", request_id=id_, observation=2),
            a_record("cancel-decisions", offset, key, f"cancel-{word}.v1", request_id=id_, revision=2),
            a_record("sync-outcomes", offset, key, "outcome-synced.v1", request_id=id_, revision=2, attempt=1),
            a_record("stock-movements", offset, f"s:order:{key}", "stock-settled.v1", request_id=id_, revision=2),
            a_status(offset, key, 1, "cancel_requested"),
            a_status(offset + 1, key, 2, "cancelled" if word == "approved" else "ready_to_ship"),
        ]
    return said + [
        a_record("stock-movements", 100 + movement["level_version"], "s:A", "stock-adjusted.v1", **movement) for movement in the_ledger()
    ]


def a_status(offset: int, key: str, revision: int, status: str) -> Said:
    told = {"status": status, "shippable": status == "ready_to_ship", "hold": None if status == "ready_to_ship" else status}
    return a_record("order-status", offset, key, "order-status-changed.v1", order_revision=revision, **told)


def the_ledger() -> list[dict[str, Any]]:
    def movement(version: int, quantity: int, **why: Any) -> dict[str, Any]:
        return {"movement_id": f"m{version}", "sku": "A", "kind": "adjusted", "quantity": quantity, "level_version": version, **why}

    return [
        movement(1, 10, reason="opening", reference="x"),
        movement(2, -2, reason="sale", reference="shopee:1:SN1"),
        movement(3, -2, reason="sale", reference="tiktok:2:577"),
        movement(4, 2) | {"kind": "restored", "order": {"order_ref": "SN1"}, "request_id": APPROVED},
    ]


def a_delivery(id_: str, **changes: Any) -> dict[str, Any]:
    return {"id": f"{id_}:2", "request_id": id_, "revision": 2, "state": "synced", "message": None} | changes


@pytest.fixture
def right() -> History:
    return History(
        opening={"A": 10},
        truth=the_truth(),
        rows=[
            a_row(APPROVED, SHOPEE, "approved", status="cancelled", stock="returned"),
            a_row(REJECTED, TIKTOK, "rejected", status="ready_to_ship", stock="none"),
        ],
        clicks=[Click(APPROVED, "approve", "approved", 2), Click(REJECTED, "reject", "rejected", 2)],
        said=the_words(),
        levels={"A": {"sku": "A", "available": 8, "level_version": 4}},
        ledger=the_ledger(),
        deliveries=[a_delivery(APPROVED), a_delivery(REJECTED)],
        timelines={
            APPROVED: [{"kind": "approved", "event_id": None}, {"kind": "stock_restored", "event_id": "e1", "params": {"sku": "A"}}]
        },
    )


def kinds(history: History) -> set[str]:
    return {finding.kind for finding in check(history)}


def test_right_history_has_no_finding(right):
    assert check(right) == []


def test_event_sent_again_byte_by_byte_is_no_finding(right):
    again = [replace(said, offset=1000 + number) for number, said in enumerate(right.said)]
    assert check(replace(right, said=right.said + again)) == []


@pytest.mark.parametrize("topic", ["cancel-requests", "cancel-decisions", "stock-movements", "sync-outcomes", "order-status"])
def test_every_event_that_never_came_is_missed(right, topic):
    for missing in [said for said in right.said if said.topic == topic]:
        if (topic, missing.type) == ("cancel-requests", "cancel-request-closed.v1"):
            continue  # the last observation leaves no gap: the state that follows from it is missed instead
        assert "lost" in kinds(replace(right, said=[said for said in right.said if said is not missing])), missing.type


def test_request_that_nobody_lists_is_lost(right):
    assert "lost" in kinds(replace(right, rows=right.rows[1:]))


def test_dead_letter_and_given_up_answer_are_lost(right):
    assert kinds(replace(right, dead=["x-dlq/0@1"])) == {"lost"}
    given_up = [row | {"sync": {"state": "failed", "message": "no"}} for row in right.rows]
    assert kinds(replace(right, rows=given_up)) == {"lost"}


def test_one_id_with_two_contents_is_two_events(right):
    first = right.said[2]
    other = replace(first, offset=77, value=first.value.replace(b"12:00:00Z", b"12:00:01Z"))
    assert kinds(replace(right, said=[*right.said, other])) == {"duplicated"}


def test_two_words_with_one_revision(right):
    other = a_record("cancel-decisions", 5, ":".join(SHOPEE), "cancel-rejected.v1", request_id=APPROVED, revision=2)
    assert "duplicated" in kinds(replace(right, said=[*right.said, other]))


def test_words_of_what_never_happened(right):
    ahead = a_record("cancel-decisions", 5, ":".join(SHOPEE), "cancel-reverted.v1", request_id=APPROVED, revision=3)
    assert "duplicated" in kinds(replace(right, said=[*right.said, ahead]))
    nobody = a_record("cancel-decisions", 5, ":".join(SHOPEE), "cancel-approved.v1", request_id="nobody", revision=1)
    assert "duplicated" in kinds(replace(right, said=[*right.said, nobody]))
    moved = a_record("stock-movements", 105, "s:A", "stock-restored.v1", movement_id="m5", level_version=5, sku="A", quantity=1)
    assert kinds(replace(right, said=[*right.said, moved])) == {"duplicated"}


def test_overtaken_event_is_disordered(right):
    said = copy.copy(right.said)
    said[0], said[1] = said[1], said[0]
    assert kinds(replace(right, said=said)) == {"disordered"}


@pytest.mark.parametrize(("second", "found"), [(10.3, set()), (12.0, {"duplicated"})])
def test_marketplace_that_shows_our_answer_is_not_told_again(right, second, found):
    """Right after the first call its effect may not be visible yet."""
    right.truth["SN1"]["calls"].append(a_call("handle_buyer_cancellation", second=second))
    assert kinds(right) == found


@pytest.mark.parametrize(
    "first",
    [
        a_call("reject", second=5, answer={"code": 36009002}, cancel_id="4031"),
        a_call("reject", second=5, answer={"code": 0}, cancel_id="4030"),
    ],
)
def test_call_after_one_that_was_refused_or_about_another_request_is_right(right, first):
    right.truth["577"]["calls"].insert(0, first)
    assert check(right) == []


def test_call_that_took_effect_unheard_counts(right):
    right.truth["SN1"]["calls"].insert(0, a_call("handle_buyer_cancellation", second=1, fault="timeout_after"))
    assert kinds(right) == {"duplicated"}


def test_seller_reads_each_event_once(right):
    right.timelines[APPROVED].append(right.timelines[APPROVED][1])
    assert kinds(right) == {"duplicated"}


def test_wrong_level(right):
    assert kinds(replace(right, levels={"A": {"sku": "A", "available": 10, "level_version": 4}})) == {"stock_errors"}


def test_unit_given_back_twice_is_named_with_its_order(right):
    again = right.ledger[3] | {"movement_id": "m5", "level_version": 5}
    told = a_record("stock-movements", 105, "s:A", "stock-restored.v1", **again)
    levels = {"A": {"sku": "A", "available": 10, "level_version": 5}}
    findings = check(replace(right, ledger=[*right.ledger, again], said=[*right.said, told], levels=levels))
    assert {finding.kind for finding in findings} == {"stock_errors"}
    assert any(finding.where == "order SN1" for finding in findings)


def test_sale_booked_twice(right):
    again = right.ledger[2] | {"movement_id": "m5", "level_version": 5}
    told = a_record("stock-movements", 105, "s:A", "stock-adjusted.v1", **again)
    levels = {"A": {"sku": "A", "available": 6, "level_version": 5}}
    assert kinds(replace(right, ledger=[*right.ledger, again], said=[*right.said, told], levels=levels)) == {"stock_errors"}


def test_movement_that_is_not_in_the_ledger_and_level_without_its_movements(right):
    assert kinds(replace(right, ledger=right.ledger[:-1])) == {"stock_errors", "duplicated"}


@pytest.mark.parametrize("state", ["queued", "retrying", "blocked"])
def test_live_delivery_is_stuck(right, state):
    deliveries = [a_delivery(APPROVED, state=state), a_delivery(REJECTED)]
    assert kinds(replace(right, deliveries=deliveries)) == {"stuck"}


def test_leftovers_are_stuck(right):
    assert kinds(replace(right, unsent={"decision": 1})) == {"stuck"}
    assert kinds(replace(right, lag={"inventory cancel-decisions": 2})) == {"stuck"}
    assert kinds(replace(right, stumbles=["a story came to no end"])) == {"stuck"}


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "pending"},
        {"state": "rejected"},
        {"state": "lapsed"},
        {"sync": {"state": "retrying", "message": "slow"}},
        {"sync": {"state": "blocked", "message": "reconnect"}},
        {"stock": {"state": "expected"}},
        {"stock": {"state": "none"}},
        {"order": {"status": "ready_to_ship", "shippable": True, "hold": None, "recall": False}},
    ],
)
def test_cancelled_order_whose_request_says_otherwise_is_unsettled(right, changes):
    (row, _), truth = right.rows, right.truth["SN1"]
    assert why_unsettled(truth, [row]) is None
    assert why_unsettled(truth, [row | changes])


def test_order_is_unsettled_while_the_marketplace_waits(right):
    row, truth = right.rows[1], right.truth["577"]
    assert why_unsettled(truth | {"status": "cancel_requested"}, [row])
    assert why_unsettled(truth | {"requests": [{"ref": "4031", "state": "approved"}]}, [row])
    assert why_unsettled(truth, [row | {"state": "approved"}])


def test_request_that_ended_before_anybody_saw_it_need_not_be_listed(right):
    assert why_unsettled(right.truth["577"], []) is None
    assert why_unsettled(right.truth["SN1"], [])
