"""Pages for people: what is here, the API's documentation, the problems by name. All assets are served from here."""

from html import escape
from pathlib import Path
from typing import Final

import fastapi_offline
from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from chassis.http import Problem

ASSETS = "/docs/assets"
CSP_DOCS = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; script-src 'self' 'unsafe-inline'"
CSP = "default-src 'none'; style-src 'unsafe-inline'"

PROBLEMS: Final[dict[str, str]] = {
    "malformed-request": "The request can't be read: not JSON, or a header is missing.",
    "invalid-cursor": "A cursor belongs to the filters and the sort order it was given for. Begin without one.",
    "not-signed-in": "Send a valid bearer token, or sign in to the page.",
    "role-required": "Your token has not the role that this needs; `role` names it.",
    "not-found": "There is nothing of that name, or it belongs to another seller.",
    "method-not-allowed": "This address does not take that method.",
    "already-decided": "Somebody decided otherwise first; `request` shows it as it is now.",
    "request-ended": "The request ended before you decided; `request` shows how.",
    "stale-revision": "The request changed since you looked; `request` shows it as it is now. Look, then decide again.",
    "nothing-to-retry": "Only an answer that waits or was given up can be sent again.",
    "nothing-to-acknowledge": "The alert is not open, or clears by itself.",
    "idempotency-in-progress": "The first request with this key is still running. Wait a second.",
    "not-answerable": "The marketplace waits for somebody else, or the shop must be reconnected before a rejection can reach it.",
    "too-large": "The body is too large.",
    "too-many-items": "At most 500 items at once.",
    "invalid-field": "`errors` names each field and what is wrong with it.",
    "reason-required": "This marketplace demands one of its reasons: GET …/reject-reasons.",
    "reason-not-offered": "The marketplace does not offer this reason for this request: fetch the list again.",
    "idempotency-key-reused": "This Idempotency-Key was used with another body within 24 hours.",
    "rate-limited": "Too many requests; wait as long as Retry-After says.",
    "unavailable": "The service can't answer just now; try again after Retry-After.",
    "marketplace-unavailable": "The marketplace does not answer just now; try again after Retry-After.",
    "internal": "Something is wrong on our side.",
}

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}"
    "code{background:color-mix(in srgb,currentColor 8%,transparent);padding:.1em .3em;border-radius:.2em}"
)
_HEAD = '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
_WELCOME = """<p>This service brings the cancel requests of all shops to one list, holds the orders,
and tells the marketplaces what was decided.</p>
<p>The seller page is being built. Until then: <a href="/docs">API documentation</a> · <a href="/openapi.json">OpenAPI</a>.
<code>make token</code> prints a token of the demo.</p>"""


def install(http: FastAPI) -> None:
    """Mount the assets of the documentation."""
    folder = Path(fastapi_offline.__file__).parent / "static"  # only its assets are used
    http.mount(ASSETS, StaticFiles(directory=folder), name="docs-assets")


def routes() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def welcome() -> HTMLResponse:
        return _page("Zetpy cancel requests", _WELCOME)

    @router.get("/docs")
    async def docs() -> HTMLResponse:
        page = get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="Zetpy cancel requests",
            swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{ASSETS}/favicon.png",
            swagger_ui_parameters={"validatorUrl": None},  # else the page asks a server of Swagger's what it thinks of ours
        )
        page.headers["Content-Security-Policy"] = CSP_DOCS
        return page

    @router.get("/problems/{slug}")
    async def problem(slug: str) -> HTMLResponse:
        if slug not in PROBLEMS:
            raise Problem(404, "not-found", "No such problem")
        return _page(slug, f"<p>{escape(PROBLEMS[slug])}</p>")

    return router


def _page(title: str, body: str) -> HTMLResponse:
    name = escape(title)
    text = f"{_HEAD}<title>{name}</title><style>{_STYLE}</style><h1>{name}</h1>{body}</html>"
    return HTMLResponse(text, headers={"Content-Security-Policy": CSP})
