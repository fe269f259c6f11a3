"""One request's trace, from the marketplace's knock to the answer that it takes, across all four services."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.support.stack import QUICK, whole_system
from tests.support.waiting import until

SERVER, CLIENT, CONSUMER = 2, 3, 5
"""Kinds of spans, as OTLP numbers them."""


@dataclass(frozen=True, slots=True)
class Seen:
    service: str
    name: str
    kind: int
    trace: bytes
    span: bytes
    parent: bytes
    links: frozenset[bytes]
    about: Mapping[str, str]


@dataclass
class Collector:
    """An OTLP collector over HTTP that keeps what it is told."""

    url: str = ""
    spans: list[Seen] = field(default_factory=list)

    def take(self, body: bytes) -> None:
        told = ExportTraceServiceRequest.FromString(body)
        for resource in told.resource_spans:
            names = {each.key: each.value.string_value for each in resource.resource.attributes}
            self.spans += [
                Seen(
                    service=names["service.name"],
                    name=span.name,
                    kind=span.kind,
                    trace=span.trace_id,
                    span=span.span_id,
                    parent=span.parent_span_id,
                    links=frozenset(link.trace_id for link in span.links),
                    about={each.key: each.value.string_value for each in span.attributes},
                )
                for scope in resource.scope_spans
                for span in scope.spans
            ]


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    kept = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.take(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody asked."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        kept.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield kept
        server.shutdown()


@pytest.fixture(scope="module")
def system(collector):
    with whole_system("traced-stack", QUICK | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "TRACE_RATIO": "1"}) as stack:
        yield stack


@pytest.mark.parametrize("channel", ["shopee", "tiktok"])
async def test_one_trace_leads_through_all_services(collector, open_shop, channel):
    shop = await open_shop(channel)
    order = await shop.asked()
    await order.approve()
    await order.becomes(state="approved", sync="confirmed", stock="returned")

    def told(span):
        return span.service == "sync-back" and span.kind == CLIENT and span.name.endswith(("handle_buyer_cancellation", "approve"))

    def whole():
        """From the call that tells the marketplace back to where its trace began.

        Each service exports on its own clock, so any span of the way may be the last one to be heard of.
        """
        for answer in [each for each in collector.spans if told(each) and shop.shop_id in each.about.values()]:
            trace = [each for each in collector.spans if each.trace == answer.trace]
            by_id = {each.span: each for each in trace}
            way = [answer]
            while way[-1].parent in by_id:
                way.append(by_id[way[-1].parent])
            clicks = {click for each in trace if each.name == "decide" for click in each.links}
            if (
                not way[-1].parent
                and clicks <= {each.trace for each in collector.spans}
                and "inventory" in {each.service for each in trace}
            ):
                return trace, way
        return None

    trace, way = await until(whole, seconds=30, what=f"a whole trace; seen: {[(each.service, each.name) for each in collector.spans]}")
    assert (way[-1].service, way[-1].kind) == ("ingestor", SERVER), "the webhook begins it"
    assert [each.service for i, each in enumerate(way) if i == 0 or way[i - 1].service != each.service] == [
        "sync-back",
        "decision",
        "ingestor",
    ]

    (decided,) = [each for each in trace if each.name == "decide"]
    (click,) = decided.links
    assert any(each.trace == click and each.kind == SERVER and each.service == "decision" for each in collector.spans)
    assert any(each.service == "inventory" and each.kind == CONSUMER for each in trace)


async def test_nobodys_words_and_no_token_are_in_a_trace(collector, open_shop):
    shop = await open_shop("shopee")
    await (await shop.asked(ask={"reason": "changed-mind"})).approve()
    await until(lambda: any(each.name == "decide" for each in collector.spans), seconds=30)
    allowed = {
        "method", "status", "channel", "shop_id", "shop", "orders", "request_id", "verdict", "attempts",
    }  # fmt: skip
    assert {name for each in collector.spans for name in each.about} <= allowed
