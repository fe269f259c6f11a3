"""Pages for people: each problem's type is an address that explains it."""

from collections.abc import Mapping
from html import escape
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse

from chassis.http import Problem

CSP: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PROBLEMS: Final[Mapping[str, str]] = {
    "malformed-request": "The request can't be read: not JSON, or a header is missing.",
    "invalid-cursor": "A cursor belongs to the filters and the sort order it was given for. Begin without one.",
    "not-signed-in": "Send a valid bearer token, or sign in to the page.",
    "role-required": "Your token has not the role that this needs; `role` names it.",
    "not-found": "There is nothing of that name, or it belongs to another seller.",
    "method-not-allowed": "This address does not take that method.",
    "idempotency-in-progress": "The first request with this key is still running. Wait a second.",
    "too-large": "The body is too large.",
    "too-many-items": "More items than one request may have; `detail` says how many.",
    "invalid-field": "`errors` names each field and what is wrong with it.",
    "idempotency-key-reused": "This Idempotency-Key was used with another body within 24 hours.",
    "rate-limited": "Too many requests; wait as long as Retry-After says.",
    "unavailable": "The service can't answer just now; try again after Retry-After.",
    "internal": "Something is wrong on our side.",
}
"""What any service may answer, and what to do about it."""

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}"
    "code{background:color-mix(in srgb,currentColor 8%,transparent);padding:.1em .3em;border-radius:.2em}"
)
_HEAD = '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'


def page(title: str, body: str) -> HTMLResponse:
    """A plain page; `body` is HTML already, `title` is text."""
    name = escape(title)
    text = f"{_HEAD}<title>{name}</title><style>{_STYLE}</style><h1>{name}</h1>{body}</html>"
    return HTMLResponse(text, headers={"Content-Security-Policy": CSP})


def serve_problems(http: FastAPI, own: Mapping[str, str] | None = None) -> None:
    """Serve `/problems/<slug>` for the problems of every service and the service's `own`."""
    known = {**PROBLEMS, **(own or {})}
    router = APIRouter(include_in_schema=False)

    @router.get("/problems/{slug}")
    async def explain(slug: str) -> HTMLResponse:
        if slug not in known:
            raise Problem(404, "not-found", "No such problem")
        return page(slug, f"<p>{escape(known[slug])}</p>")

    http.include_router(router)
