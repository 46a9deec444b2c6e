"""Counters and histograms in Prometheus' format, summed over all workers.

https://prometheus.github.io/client_python/multiprocess/
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from classifier import detector_provider
from classifier.events import picture_judged
from operations.models import GoldenCheck

if TYPE_CHECKING:
    from classifier.models import Prediction

# Workers come and go. Their files are named by seat, not by process, so that there are
# never more than seats (deploy/gunicorn.conf.py numbers them).
if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    values.ValueClass = values.MultiProcessValue(
        process_identifier=lambda: os.environ.get("WORKER_SEAT") or os.getpid()
    )

REQUESTS = Counter(
    "detector_http_requests",
    "Requests by view, method and status",
    ["view", "method", "status"],
)
SECONDS = Histogram(
    "detector_http_request_seconds",
    "Time until the answer begins",
    ["view"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
IN_PROGRESS = Gauge(
    "detector_http_requests_in_progress",
    "Requests being answered: how full the workers are",
    multiprocess_mode="livesum",
)
INFERENCE = Histogram(
    "detector_inference_seconds",
    "Decoding and network of one picture",
    buckets=(0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2, 5),
)
VERDICTS = Counter(
    "detector_verdicts", "Pictures judged, by verdict", ["verdict", "model_version"]
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def connect() -> None:
    """Count the verdicts from now on."""
    picture_judged.connect(_count_verdict, dispatch_uid="operations.metrics")


def _count_verdict(prediction: Prediction, **_: Any) -> None:
    INFERENCE.observe(prediction.elapsed_ms / 1000)
    VERDICTS.labels(prediction.verdict, prediction.model_version).inc()


class MetricsMiddleware:
    """Counts and times requests by the view's name, so that ids don't multiply them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Measure one request."""
        started = time.perf_counter()
        with IN_PROGRESS.track_inprogress():
            response = self.get_response(request)
        view = request.resolver_match.view_name if request.resolver_match else "none"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(view, method, str(response.status_code)).inc()
        SECONDS.labels(view).observe(time.perf_counter() - started)
        return response


class _StateCollector(Collector):
    """What is the same whichever worker is asked: the model and the nightly check."""

    def collect(self) -> Iterator[GaugeMetricFamily | InfoMetricFamily]:
        yield InfoMetricFamily(
            "detector_site", "The release", value={"version": settings.APP_VERSION}
        )
        card = detector_provider.describe()
        yield GaugeMetricFamily(
            "detector_model_readable",
            "1 if the model's card can be read",
            int(bool(card)),
        )
        if card:
            model = {"name": card.name, "version": card.version}
            yield InfoMetricFamily("detector_model", "The model in use", value=model)
        check = GoldenCheck.objects.first()
        if check:
            yield GaugeMetricFamily(
                "detector_golden_passed",
                "1 if the last check passed",
                int(check.passed),
            )
            yield GaugeMetricFamily(
                "detector_golden_checked_seconds",
                "When it ran, in seconds since 1970",
                check.checked_at.timestamp(),
            )
            if check.worst_difference is not None:
                yield GaugeMetricFamily(
                    "detector_golden_worst_difference",
                    "Largest distance from a recorded probability",
                    check.worst_difference,
                )


def requests_in_progress() -> int:
    """How many requests all workers are answering, this one included."""
    registry = _all_workers(CollectorRegistry())
    return int(registry.get_sample_value("detector_http_requests_in_progress") or 0)


def exposition() -> bytes:
    """Everything in the text format."""
    registry = CollectorRegistry()
    registry.register(_StateCollector())
    return generate_latest(_all_workers(registry))


def _all_workers(registry: CollectorRegistry) -> CollectorRegistry:
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)
    else:
        for metric in (REQUESTS, SECONDS, IN_PROGRESS, INFERENCE, VERDICTS):
            registry.register(metric)
    return registry
