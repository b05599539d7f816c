"""OpenTelemetry traces: a process's work is sent to a collector (OTLP over HTTP), in batches.

A separate thread sends them, so that nobody waits for an unavailable collector. A span has names of ours
(routes, jobs, the first word of a statement) and never anybody's values; the text of errors is left out too.
Statements are traced only as part of other work, because the worker polls each second. The standard variables
(`OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_TRACES_SAMPLER`, `OTEL_RESOURCE_ATTRIBUTES`) apply too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from credserv import __version__
from credserv.app.settings import Settings
from credserv.app.variables import PREFIX
from credserv.ground.errors import SettingsError
from credserv.ground.spans import Attributes, Tell, trace_with

_PATIENCE_SECONDS = 5.0  # for a batch, and for the last one when a process ends
_PATH = "/v1/traces"


def begin_to_trace(settings: Settings, part: str) -> None:
    """Send what this process does if the settings name a collector. `part` is `web` or `worker`.

    Raises SettingsError where the package is missing.
    """
    if settings.traces_url is None:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise SettingsError(
            f"{PREFIX}TRACES_URL needs a package more: `pip install 'credserv[traces]'`"
        ) from None
    url = settings.traces_url.removesuffix(_PATH) + _PATH
    about = {"service.name": "credserv", "service.version": __version__, "credserv.part": part}
    provider = TracerProvider(resource=Resource.create(about))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(url, timeout=_PATIENCE_SECONDS)))
    trace_with(_OpenTelemetry(provider))


class _OpenTelemetry:
    """Sends spans. `provider` is a TracerProvider. Attributes are named by OpenTelemetry's conventions."""

    def __init__(self, provider: Any) -> None:
        from opentelemetry import context, trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._context, self._trace = context, trace
        self._tracer = provider.get_tracer("credserv", __version__)
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def request(self, traceparent: str) -> Iterator[Tell]:
        with (
            self.within(traceparent),
            self._begun("request", {}, self._trace.SpanKind.SERVER) as begun,
        ):

            def tell(name: str, attributes: Attributes) -> None:
                begun.update_name(name)
                begun.set_attributes(attributes)
                if attributes.get("http.response.status_code", 0) in range(500, 600):
                    begun.set_status(self._trace.StatusCode.ERROR)

            yield tell

    @contextmanager
    def span(self, name: str, attributes: Attributes) -> Iterator[None]:
        with self._begun(name, attributes, self._trace.SpanKind.INTERNAL):
            yield

    @contextmanager
    def statement(self, word: str, system: str) -> Iterator[None]:
        if not self._trace.get_current_span().get_span_context().is_valid:
            yield
            return
        told: Attributes = {"db.system.name": system, "db.operation.name": word}
        with self._begun(word, told, self._trace.SpanKind.CLIENT):
            yield

    @contextmanager
    def within(self, traceparent: str) -> Iterator[None]:
        found = self._propagator.extract({"traceparent": traceparent}, context=self._context.Context())
        token = self._context.attach(found)
        try:
            yield
        finally:
            self._context.detach(token)

    def traceparent(self) -> str:
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier)
        return carrier.get("traceparent", "")

    @contextmanager
    def _begun(self, name: str, attributes: Attributes, kind: Any) -> Iterator[Any]:
        with self._tracer.start_as_current_span(
            name, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as begun:
            try:
                yield begun
            except Exception as error:
                begun.set_status(self._trace.StatusCode.ERROR)
                begun.set_attribute("error.type", type(error).__name__)
                raise
