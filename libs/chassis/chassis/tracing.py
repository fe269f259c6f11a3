"""Traces: one request's way through all services, as OpenTelemetry spans; W3C contexts in headers, outbox rows and durable work.

Off (no OTLP address) it makes no span, and still hands on the context that it was given: a service that is not traced breaks no trace.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, TypeVar

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags, Tracer
from starlette.types import ASGIApp, Message, Receive, Scope, Send

K = TypeVar("K")
Kind = Literal["internal", "server", "client", "consumer"]

_current: ContextVar[str | None] = ContextVar("traceparent", default=None)
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_KINDS = {"internal": SpanKind.INTERNAL, "server": SpanKind.SERVER, "client": SpanKind.CLIENT, "consumer": SpanKind.CONSUMER}
_UNTRACED = ("/health", "/metrics")


class _Tracing:
    tracer: Tracer | None = None
    provider: Any = None


def configure(service: str, *, endpoint: str | None, ratio: float) -> None:
    """Send spans to `endpoint` (OTLP over HTTP, `http://collector:4318`); None = off. `ratio`: the share of new traces that is kept."""
    if not endpoint:
        return
    # Only when it is on: the exporter and its protobuf take a tenth of a second to import.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio

    provider = TracerProvider(resource=Resource.create({"service.name": service}), sampler=ParentBasedTraceIdRatio(ratio))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=5)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1000))
    _Tracing.provider, _Tracing.tracer = provider, provider.get_tracer("zetpy")


def flush() -> None:
    """Send what is not sent yet; blocks, for half a second at most."""
    if _Tracing.provider:
        _Tracing.provider.force_flush(timeout_millis=500)


def current() -> str | None:
    """The W3C `traceparent` of what is being done now."""
    return _current.get()


def on() -> bool:
    return _Tracing.tracer is not None


def valid(given: bytes) -> str | None:
    """The context that a header holds; None when it is none: a foreign producer's mistake costs its trace, nothing else."""
    text = given.decode("latin-1")
    return text if _TRACEPARENT.fullmatch(text) else None


@contextmanager
def span(
    name: str, *, parent: str | None = None, kind: Kind = "internal", root: bool = False, link: str | None = None, **about: Any
) -> Iterator[None]:
    """Do something as a part of the trace of `parent`, or of what is being done now; without either it is traced only as a `root`.

    `about` names ids and counts, never a buyer, a token or anybody's text. An error is told by its class alone: messages may quote a row.
    """
    made = _begin(name, parent or _current.get(), kind=kind, root=root, link=link, about=about)
    token = _current.set(_traceparent(made) if made else parent or _current.get())
    try:
        yield
    except BaseException as error:
        _failed(made, error)
        raise
    finally:
        _current.reset(token)
        _end(made)


@contextmanager
def spans(
    name: str, parents: Mapping[K, str | None], *, kind: Kind = "internal", root: bool = False, **about: Any
) -> Iterator[Mapping[K, str | None]]:
    """Do one thing for several traces at once (a batch of events, a read of many orders): a span in each of them.

    Gives the context of each. A call made inside shows up in the first of them: what serves fifty orders is still one call.
    """
    if not on():
        yield parents
        return
    made = {key: _begin(name, parent, kind=kind, root=root, link=None, about=about) for key, parent in parents.items()}
    contexts = {key: _traceparent(each) if each else None for key, each in made.items()}
    token = _current.set(next(filter(None, contexts.values()), None))
    try:
        yield contexts
    except BaseException as error:
        for each in made.values():
            _failed(each, error)
        raise
    finally:
        _current.reset(token)
        for each in made.values():
            _end(each)


class Traced:
    """ASGI middleware: a span for each request. A caller's trace is continued on the API; what knocks at a webhook begins its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not on() or scope["path"].startswith(_UNTRACED):
            await self._app(scope, receive, send)
            return
        given = next((valid(value) for name, value in scope["headers"] if name == b"traceparent"), None)
        parent = given if scope["path"].startswith("/v1/") else None
        made = _begin("http", parent, kind="server", root=True, link=None, about={"method": scope["method"]})
        token = _current.set(_traceparent(made) if made else None)

        async def listen(message: Message) -> None:
            if made and message["type"] == "http.response.start":
                made.set_attribute("status", message["status"])
            await send(message)

        try:
            await self._app(scope, receive, listen)
        finally:
            _current.reset(token)
            if made:
                made.update_name(f"{scope['method']} {getattr(scope.get('route'), 'path', 'unknown')}")
            _end(made)


def _begin(name: str, parent: str | None, *, kind: Kind, root: bool, link: str | None, about: Mapping[str, Any]) -> Span | None:
    if _Tracing.tracer is None or (parent is None and not root):
        return None
    links = [Link(context)] if link and (context := _read(link)) else None
    within = trace.set_span_in_context(NonRecordingSpan(found), Context()) if parent and (found := _read(parent)) else Context()
    plain = {key: value for key, value in about.items() if value is not None}
    return _Tracing.tracer.start_span(name, context=within, kind=_KINDS[kind], links=links, attributes=plain)


def _failed(made: Span | None, error: BaseException) -> None:
    if made:
        made.set_status(Status(StatusCode.ERROR, type(error).__name__))


def _end(made: Span | None) -> None:
    if made:
        made.end()


def _traceparent(made: Span) -> str:
    context = made.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def _read(traceparent: str) -> SpanContext | None:
    """None when all of it is zero."""
    found = _TRACEPARENT.fullmatch(traceparent)
    if not found:
        return None
    context = SpanContext(int(found[1], 16), int(found[2], 16), is_remote=True, trace_flags=TraceFlags(int(found[3], 16)))
    return context if context.is_valid else None
