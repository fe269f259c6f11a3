"""The seller page as a browser gets it: its files, its addresses, and what it may do there."""

import gzip
import hashlib
import mimetypes
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from chassis.pages import page

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Receive, Scope, Send

ASSETS: Final = "/assets/"
"""Files whose name says their content."""
NOT_THE_PAGE: Final = ("/v1", "/docs", "/openapi.json", "/problems", "/health", "/metrics", "/assets")
COMPRESSIBLE: Final = frozenset({"text/html", "text/css", "text/javascript", "image/svg+xml", "application/json"})
TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2", ".html": "text/html"}
"""Not what this machine's tables say: with `nosniff` a script of another type does not run."""

_NOT_BUILT = """<p>This service brings the cancel requests of all shops to one list, holds the orders,
and tells the marketplaces what was decided.</p>
<p>The seller page is not built here: <code>make web</code> builds it. What it does can be done without it:
<a href="/docs">API documentation</a> · <a href="/openapi.json">OpenAPI</a>; <code>make token</code> prints a token of the demo.</p>"""


def install(http: "FastAPI", *, folder: Path, image_origins: Sequence[str] = ()) -> None:
    """Serve the page beside the API, also while the database is away: it says so itself."""
    http.add_middleware(_Site, folder=folder, policy=policy(image_origins))


def policy(image_origins: Sequence[str] = ()) -> str:
    """Scripts, styles, fonts and calls from here alone, nothing inline, no frame; product pictures come from the marketplaces' hosts."""
    pictures = " ".join(["'self'", "data:", "https:", *image_origins])
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; img-src {pictures}; "
        "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


class _Site:
    """Before the routes: a file of the page, or the page itself for an address that somebody navigates to; else what the API says."""

    def __init__(self, app: "ASGIApp", *, folder: Path, policy: str) -> None:
        self._app, self._folder, self._policy = app, folder, policy

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        answer = await self._answer(Request(scope)) if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"} else None
        await (answer or self._app)(scope, receive, send)

    async def _answer(self, request: Request) -> Response | None:
        path = request.url.path
        file = self._file(path)
        if file is not None:
            return await _served(request, file, "public, max-age=31536000, immutable" if path.startswith(ASSETS) else "no-cache")
        if path != "/" and not _navigates(request):
            return None
        index = self._folder / "index.html"
        if index.is_file():
            answer = await _served(request, index, "no-cache")
            answer.headers["Content-Security-Policy"] = self._policy
            return answer
        return page("Zetpy cancel requests", _NOT_BUILT) if path == "/" else None

    def _file(self, path: str) -> Path | None:
        """A file of the build, never one outside of it or a hidden one; the index has no address of its own."""
        names = path.split("/")[1:]
        if any(not name or name.startswith(".") or "\\" in name or "\0" in name for name in names) or names == ["index.html"]:
            return None
        file = self._folder.joinpath(*names)
        try:
            return file if file.is_file() and file.resolve().is_relative_to(self._folder.resolve()) else None
        except OSError:  # a name longer than any
            return None


def _navigates(request: Request) -> bool:
    """A browser opens an address of the page; a script that asks for what isn't there is told so."""
    path = request.url.path
    if any(path == each or path.startswith(f"{each}/") for each in NOT_THE_PAGE):
        return False
    return request.headers.get("sec-fetch-mode", "navigate") == "navigate" and "text/html" in request.headers.get("accept", "")


async def _served(request: Request, file: Path, caching: str) -> Response:
    content, packed, tag = await to_thread.run_sync(_read, file)
    kind = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    headers = {"Cache-Control": caching, "ETag": tag, "Vary": "Accept-Encoding"}
    if tag in [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    if packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, headers=headers | {"Content-Encoding": "gzip", "ETag": f"W/{tag}"}, media_type=kind)
    return Response(content, headers=headers, media_type=kind)


def _read(file: Path) -> tuple[bytes, bytes | None, str]:
    known = file.stat()
    return _content(file, known.st_mtime_ns, known.st_size)


@lru_cache(maxsize=256)
def _content(file: Path, _changed: int, _size: int) -> tuple[bytes, bytes | None, str]:
    """As it is, compressed where that helps, and its tag; read anew when the file changed."""
    content = file.read_bytes()
    packs = TYPES.get(file.suffix) in COMPRESSIBLE or file.suffix == ".json"
    return content, gzip.compress(content, 9, mtime=0) if packs else None, f'"{hashlib.sha256(content).hexdigest()[:32]}"'
