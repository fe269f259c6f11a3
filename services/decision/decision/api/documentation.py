"""The OpenAPI document: what FastAPI derives, and what it can't know: problems, and how callers prove who they are."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from chassis.http import COOKIE, PROBLEM

TITLE = "Zetpy cancel requests"
DESCRIPTION = """Cancel requests of all shops of a seller: listed, held, decided, told to the marketplaces.

Send `Authorization: Bearer <token>`, or sign in and send the session cookie (unsafe methods then need `X-Requested-With: zetpy`).
Roles: `viewer` < `decider` < `admin`; `fulfilment` may ask the gate only. Writes honour `Idempotency-Key` for 24 hours.
Failures are `application/problem+json`; their `type` is an address here that explains them."""

_EVERYWHERE: Final = {"401": "Not signed in", "403": "The role is missing; `role` names it", "503": "Try again after Retry-After"}
_ELSEWHERE: Final = {"/v1/cancel-requests/stream": {"429": "Too many streams are open; try again after Retry-After"}}
_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "examples": ["/problems/already-decided"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "role": {"type": "string", "description": "With 403: the role that is needed."},
        "request": {"$ref": "#/components/schemas/RequestRow"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
_IDEMPOTENCY_KEY: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body within 24 hours gives the first answer again, with `Idempotency-Replayed: true`.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
_WITHOUT_KEY: Final = frozenset({"/v1/session", "/v1/fulfilment-checks"})
_OPEN: Final = frozenset({("/v1/session", "post"), ("/v1/session", "get")})


def install(http: FastAPI) -> None:
    """Give the document as these rules make it, worked out once."""

    def openapi() -> dict[str, Any]:
        if http.openapi_schema is None:
            http.openapi_schema = _described(
                get_openapi(title=TITLE, version="1.0.0", description=DESCRIPTION, routes=http.routes, separate_input_output_schemas=False)
            )
        return http.openapi_schema

    http.openapi = openapi  # type: ignore[method-assign] # FastAPI's own way to change it


def _described(document: dict[str, Any]) -> dict[str, Any]:
    document["paths"] = {path: routes for path, routes in document["paths"].items() if path.startswith("/v1/")}
    schemas = document["components"]["schemas"]
    schemas["Problem"] = _PROBLEM
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    document["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    }
    for path, routes in document["paths"].items():
        for method, operation in routes.items():
            _describe(path, method, operation)
    return document


def _describe(path: str, method: str, operation: dict[str, Any]) -> None:
    writes = method != "get" and path not in _WITHOUT_KEY
    told = _EVERYWHERE | _ELSEWHERE.get(path, {})
    if "422" in operation["responses"] or writes:
        told["422"] = "A field is not valid; `errors` names it"
    if method == "get" and "{request_id}" not in path:
        told["400"] = "The cursor or the request can't be read"
    if "{request_id}" in path:
        told["404"] = "There is none, or it is another seller's"
    if method != "get":
        told |= {"400": "The body is not JSON", "413": "The body or the list is too long"}
    if writes or path.endswith("/reject-reasons"):
        told["409"] = "Not as things are now; `type` says why"
    if writes:
        operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
    if (path, method) not in _OPEN:
        operation["security"] = [{"token": []}, {"session": []}]
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"] |= {status: {"description": text, "content": content} for status, text in sorted(told.items())}
