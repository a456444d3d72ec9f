"""`/metrics` for Prometheus: counters and gauges, only with the token of REDOUBT_METRICS_TOKEN.

Without a valid token the answer is 404, as when the setting is empty.
"""

import hmac
import os

from flask import Blueprint, Flask, Response, abort, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from core.observability import gauges, metrics

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
bp = Blueprint("scrape", __name__)


class _GaugeCollector:
    """The registered gauges in the form of prometheus_client."""

    def collect(self) -> list[Metric]:
        """Measure all gauges."""
        return [GaugeMetricFamily(f"redoubt_{each.name}", each.help, each.value) for each in gauges.collect()]


@bp.get("/metrics")
def metrics_page() -> Response:
    """All metrics of this host's processes and of the database."""
    if not _may_read():
        abort(404)
    current = CollectorRegistry()
    current.register(_GaugeCollector())
    response = Response(
        generate_latest(_counts()) + generate_latest(current), content_type=CONTENT_TYPE_LATEST
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _may_read() -> bool:
    token = current_app.config["REDOUBT_METRICS_TOKEN"]
    sent = request.headers.get("Authorization", "").encode()
    return bool(token) and hmac.compare_digest(sent, f"Bearer {token}".encode())


def _counts() -> CollectorRegistry:
    """The counters of this process, or of all processes that share a folder."""
    if SHARED_FOLDER not in os.environ:
        return metrics.REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)
    return together


def init_app(app: Flask) -> None:
    """Serve `/metrics`."""
    app.register_blueprint(bp)
