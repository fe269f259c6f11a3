"""What became of a wish, as HTTP: a request, or a problem that says why not and what is true now."""

from typing import Any

from chassis.database import Transaction
from chassis.http import Problem
from decision.api import reading, showing
from decision.api.reading import not_found
from decision.api.shapes import RequestOut
from decision.decide import Answer

_PROBLEMS: dict[str, tuple[int, str, str]] = {
    "already-decided": (409, "Already decided", "Somebody decided otherwise first."),
    "request-ended": (409, "The request has ended", "There is nothing to decide any more."),
    "stale-revision": (409, "The request changed", "It is not as you saw it: look at it again."),
    "not-answerable": (409, "Can't be answered now", "The marketplace waits for somebody else, or the shop must be reconnected first."),
    "nothing-to-retry": (409, "Nothing to retry", "The answer was taken, refused, or is on its way."),
    "not-open": (409, "No such open alert", "It is not open, or clears by itself."),
    "reason-required": (422, "A reason is required", "This marketplace demands one of its reasons."),
    "reason-not-offered": (422, "This reason is not offered", "Choose one of GET reject-reasons."),
    "unknown-line": (422, "A field is not valid", "A line_id is not of this request."),
}
_SLUGS = {"unknown-line": "invalid-field", "not-open": "nothing-to-acknowledge"}
_WITH_REQUEST = frozenset({"already-decided", "request-ended", "stale-revision", "not-answerable"})


def problem(answer: Answer) -> Problem:
    """Why it was not done."""
    if answer.why is None or answer.why == "not-found":
        return not_found()
    status, title, detail = _PROBLEMS[answer.why]
    extra: dict[str, Any] = {}
    if answer.why == "unknown-line":
        extra["errors"] = [{"pointer": "/lines", "detail": detail}]
    if answer.why in _WITH_REQUEST and answer.request and answer.order:
        extra["request"] = showing.row(answer.request, answer.order).model_dump(mode="json")
    return Problem(status, _SLUGS.get(answer.why, answer.why), title, detail, **extra)


async def shown(tx: Transaction, seller_id: str, answer: Answer) -> RequestOut:
    """The request after it was done; raises the problem when it was not."""
    if answer.status == "failed" or answer.request is None or answer.order is None:
        raise problem(answer)
    return await reading.whole(tx, seller_id, answer.request, answer.order)
