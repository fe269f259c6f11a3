"""Pages for people: the API's documentation, the problems by name. All assets are served from here."""

import base64
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import fastapi_offline
from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

ASSETS = "/docs/assets"

PROBLEMS: Final[Mapping[str, str]] = {
    "already-decided": "Somebody decided otherwise first; `request` shows it as it is now.",
    "request-ended": "The request ended before you decided; `request` shows how.",
    "stale-revision": "The request changed since you looked; `request` shows it as it is now. Look, then decide again.",
    "nothing-to-retry": "Only an answer that waits or was given up can be sent again.",
    "nothing-to-acknowledge": "The alert is not open, or clears by itself.",
    "not-answerable": "The marketplace waits for somebody else, or the shop must be reconnected before a rejection can reach it.",
    "reason-required": "This marketplace demands one of its reasons: GET …/reject-reasons.",
    "reason-not-offered": "The marketplace does not offer this reason for this request: fetch the list again.",
    "marketplace-unavailable": "The marketplace does not answer just now; try again after Retry-After.",
}

_INLINE: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def install(http: FastAPI) -> None:
    """Mount the assets of the documentation."""
    folder = Path(fastapi_offline.__file__).parent / "static"  # only its assets are used
    http.mount(ASSETS, StaticFiles(directory=folder), name="docs-assets")


def routes() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    async def docs() -> HTMLResponse:
        shown = get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="Zetpy cancel requests",
            swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{ASSETS}/favicon.png",
            swagger_ui_parameters={"validatorUrl": None},  # else the page asks a server of Swagger's what it thinks of ours
        )
        shown.headers["Content-Security-Policy"] = _policy(bytes(shown.body).decode())
        return shown

    return router


def _policy(html: str) -> str:
    """Scripts from here and the one that FastAPI writes into the page, word by word; Swagger's own styles are inline."""
    script = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in _INLINE.findall(html))
    return (
        f"default-src 'self'; script-src 'self' {script}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
