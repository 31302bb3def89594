"""
The numbers of one process, in Prometheus' text form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prometheus_client import Metric

    from bot.domain.figures import LaneFigures


class _Numbers(Collector):
    def __init__(self, *, version: str, lanes: Callable[[], Iterable[LaneFigures]], errands: Callable[[], int]) -> None:
        self._version = version
        self._lanes = lanes
        self._errands = errands

    def collect(self) -> Iterator[Metric]:
        info = GaugeMetricFamily("relaybot_build_info", "The running version.", labels=["version"])
        info.add_metric([self._version], 1)
        yield info
        errands = GaugeMetricFamily("relaybot_errands", "Questions that were acked and are not answered yet.")
        errands.add_metric([], self._errands())
        yield errands
        requests = CounterMetricFamily(
            "relaybot_requests", "What a lane did with questions, by outcome.", labels=["lane", "outcome"]
        )
        for lane in self._lanes():
            for outcome in ("sent", "joined", "reused", "retried", "throttled"):
                requests.add_metric([str(lane.name), outcome], getattr(lane, outcome))
        yield requests


def page(
    *, version: str, lanes: Callable[[], Iterable[LaneFigures]], errands: Callable[[], int]
) -> Callable[[], bytes]:
    """Return what writes the page of `/metrics`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Numbers(version=version, lanes=lanes, errands=errands))
    return lambda: generate_latest(registry)
