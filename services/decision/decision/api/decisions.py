"""Approve, reject, one or many; send an answer again; acknowledge an alert. Never waits for a marketplace."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from fastapi import APIRouter, Request, Response

from chassis import idempotency
from chassis.app import App
from chassis.database import Transaction
from chassis.http import Caller, Problem
from chassis.logs import lines
from decision import decide
from decision.api import showing
from decision.api.answers import problem, shown
from decision.api.callers import Decider, RequestKey, person
from decision.api.shapes import Acknowledgement, Approval, BulkDecisions, BulkItem, BulkResult, BulkResults, Rejection, RequestOut
from decision.decide import Answer
from decision.domain.alerts import Rules
from decision.domain.decide import Wish

Act = Callable[[Transaction], Awaitable[Answer]]


def routes(app: App, rules: Rules) -> APIRouter:  # noqa: C901, PLR0915 -- a list of routes, each short
    router = APIRouter(prefix="/v1/cancel-requests", tags=["decisions"])

    async def once(request: Request, caller: Caller, action: str, request_id: str, act: Act, *, status: int = 200) -> Response:
        given: list[Answer] = []  # stays empty when an earlier answer is given again

        async def answer(tx: Transaction) -> Response:
            given[:] = [await act(tx)]
            out = await shown(tx, caller.seller, given[0])
            return Response(out.model_dump_json(), status, media_type="application/json")

        try:
            response = await idempotency.once(app, request, caller, answer)
        except Problem:
            _tell(caller, action, [request_id], given)
            raise
        _tell(caller, action, [request_id], given)
        return response

    @router.post("/bulk-decisions", status_code=207, response_model=BulkResults)
    async def decide_many(caller: Decider, wanted: BulkDecisions, request: Request) -> Response:
        """Decide up to 500, each with a success of its own; answers in the order asked."""
        wishes = [(_id(item.id), _wish(wanted, item)) for item in wanted.items]

        given: list[Answer] = []

        async def act(tx: Transaction) -> Response:
            given[:] = await decide.decide_all(tx, person(caller), wishes, now=app.now(), rules=rules)
            results = _results(wanted, given)
            return Response(results.model_dump_json(), 207, media_type="application/json")

        response = await idempotency.once(app, request, caller, act)
        _tell(caller, wanted.decision, [request_id for request_id, _ in wishes], given)
        return response

    @router.post("/{request_id}/approve", response_model=RequestOut)
    async def approve(caller: Decider, request_id: RequestKey, request: Request, body: Approval | None = None) -> Response:
        """Cancel the order: the stock is given back at once, the marketplace is told afterwards. The same again is 200."""
        body = body or Approval()
        uses = {line.line_id: line.stock for line in body.lines}
        wish = Wish("approve", revision=body.revision, note=body.note, uses=uses)
        return await once(
            request,
            caller,
            wish.verdict,
            request_id,
            lambda tx: decide.decide(tx, person(caller), request_id, wish, now=app.now(), rules=rules),
        )

    @router.post("/{request_id}/reject", response_model=RequestOut)
    async def reject(caller: Decider, request_id: RequestKey, request: Request, body: Rejection | None = None) -> Response:
        """Let the order go on. It may ship only once the marketplace has taken the answer."""
        body = body or Rejection()
        wish = Wish("reject", revision=body.revision, reason=body.reason.name if body.reason else None, comment=body.comment)
        return await once(
            request,
            caller,
            wish.verdict,
            request_id,
            lambda tx: decide.decide(tx, person(caller), request_id, wish, now=app.now(), rules=rules),
        )

    @router.post("/{request_id}/retry-sync", status_code=202, response_model=RequestOut)
    async def retry_sync(caller: Decider, request_id: RequestKey, request: Request) -> Response:
        """Tell the marketplace again, now; only what waits or was given up."""
        return await once(
            request,
            caller,
            "retry-sync",
            request_id,
            lambda tx: decide.retry_sync(tx, person(caller), request_id, now=app.now(), rules=rules),
            status=202,
        )

    @router.post("/{request_id}/acknowledge", response_model=RequestOut)
    async def acknowledge(caller: Decider, request_id: RequestKey, request: Request, body: Acknowledgement) -> Response:
        """Somebody has seen to an alert."""
        return await once(
            request,
            caller,
            "acknowledge",
            request_id,
            lambda tx: decide.acknowledge(tx, person(caller), request_id, body.alert, now=app.now(), rules=rules, note=body.note),
        )

    return router


def _tell(caller: Caller, action: str, request_ids: Sequence[str], answers: Sequence[Answer]) -> None:
    """A line for each answer: who wanted what, and what became of it. After the transaction, so that it is true."""
    rows = (
        {
            "action": action,
            "request_id": request_id,
            "revision": answer.request.revision if answer.request else None,
            "result": answer.status,
            "why": answer.why,
            "seller_id": caller.seller_id,
            "by": caller.user,
        }
        for request_id, answer in zip(request_ids, answers, strict=False)
    )
    lines(__name__, "decided", rows)


def _id(text: str) -> str:
    """One that can't be an id is looked for in vain, like any other that does not exist."""
    try:
        return str(UUID(text))
    except ValueError:
        return str(UUID(int=0))


def _wish(wanted: BulkDecisions, item: BulkItem) -> Wish:
    if wanted.decision == "approve":
        return Wish("approve", revision=item.revision, note=wanted.note)
    reason = item.reason or wanted.reason
    return Wish("reject", revision=item.revision, reason=reason.name if reason else None, comment=wanted.comment)


def _results(wanted: BulkDecisions, answers: list[Answer]) -> BulkResults:
    items = [_result(item.id, answer) for item, answer in zip(wanted.items, answers, strict=True)]
    counts = {status: sum(item.status == status for item in items) for status in ("done", "unchanged", "failed")}
    return BulkResults(done=counts["done"], unchanged=counts["unchanged"], failed=counts["failed"], items=items)


def _result(request_id: str, answer: Answer) -> BulkResult:
    row = showing.row(answer.request, answer.order) if answer.request and answer.order else None
    return BulkResult(
        id=request_id, status=answer.status, request=row, problem=problem(answer).body() if answer.status == "failed" else None
    )
