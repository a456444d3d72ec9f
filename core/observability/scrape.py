"""`/metrics`: what was counted and what can be read now, for Prometheus and for nobody else.

Whoever has no token gets the page of what does not exist, as when the setting is empty.
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


class _Now:
    """The readings as gauges."""

    def collect(self) -> list[Metric]:
        return [GaugeMetricFamily(f"redoubt_{each.name}", each.help, each.value) for each in gauges.collect()]


@bp.get("/metrics")
def metrics_page():
    """All numbers of this host's processes, and those of the database."""
    if not _may_read():
        abort(404)
    now = CollectorRegistry()
    now.register(_Now())
    answer = Response(generate_latest(_counts()) + generate_latest(now), content_type=CONTENT_TYPE_LATEST)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _may_read() -> bool:
    token = current_app.config["REDOUBT_METRICS_TOKEN"]
    sent = request.headers.get("Authorization", "").encode()
    return bool(token) and hmac.compare_digest(sent, f"Bearer {token}".encode())


def _counts() -> CollectorRegistry:
    """The counts of this process, or of all that share a folder."""
    if SHARED_FOLDER not in os.environ:
        return metrics.REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)
    return together


def init_app(app: Flask) -> None:
    """Serve `/metrics`."""
    app.register_blueprint(bp)
