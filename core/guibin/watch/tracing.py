"""Traces from a request through the ledger to its job, by OpenTelemetry. Attributes are ids and names of our own.

Nothing is traced until a composition root says where to: `use`.
"""

import contextlib
import os
from collections.abc import Iterator

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_PROPAGATOR = TraceContextTextMapPropagator()
_tracer: trace.Tracer = trace.NoOpTracer()


class NoExporter(Exception):
    """The environment names a collector, but the package that speaks to it is not installed."""


def use(provider: trace.TracerProvider | None) -> None:
    """Trace into this provider from now on; None traces nothing."""
    global _tracer
    _tracer = provider.get_tracer("guibin") if provider is not None else trace.NoOpTracer()


def use_environment(service: str) -> None:
    """Trace to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names, if it names one. Raises NoExporter."""
    if not os.environ.get(ENDPOINT):
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (
            OTLPSpanExporter,  # not everybody traces
        )
    except ImportError:
        raise NoExporter(f"{ENDPOINT} is set: pip install opentelemetry-exporter-otlp-proto-http") from None
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    use(provider)


@contextlib.contextmanager
def span(name: str, kind: SpanKind, *, parent: str = "", **attributes: str | int) -> Iterator[Span]:
    """A span, within the one of the W3C `traceparent` given or the current one. An exception marks it by its class."""
    inside: Context | None = _PROPAGATOR.extract({"traceparent": parent}, Context()) if parent else None
    found = _tracer.start_span(name, context=inside, kind=kind, attributes=attributes)
    token = context.attach(trace.set_span_in_context(found))
    try:
        yield found
    except BaseException as error:
        # Never the message: it may quote somebody's data.
        found.set_status(StatusCode.ERROR, type(error).__name__)
        raise
    finally:
        found.end()
        context.detach(token)


def traceparent() -> str:
    """The current span as W3C `traceparent`, for the ledger; empty when nothing is traced."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent", "")


def trace_id() -> str:
    """The current trace as logs name it; empty when nothing is traced."""
    found = trace.get_current_span().get_span_context()
    return format(found.trace_id, "032x") if found.is_valid else ""
