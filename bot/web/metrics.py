"""
The numbers of one process, and of what all of them share, in Prometheus' text form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator
    from datetime import timedelta

    from prometheus_client import Metric

    from bot.domain.figures import Calling, LaneFigures, Vitals

Page: TypeAlias = "Callable[[], Awaitable[bytes]]"

SCOPES = ("task", "group", "account")


class _Numbers(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics


def page(
    *,
    version: str,
    lanes: Callable[[], Iterable[LaneFigures]],
    errands: Callable[[], int],
    vitals: Callable[[], Awaitable[Vitals | None]],
) -> Page:
    """
    Return what writes the page of `/metrics`.

    Args:
        vitals: looks at the database; None when that does not answer, and the page then says so.
    """

    async def write() -> bytes:
        registry = CollectorRegistry(auto_describe=False)
        signs = await vitals()
        registry.register(_Numbers([*_process(version, lanes(), errands()), *_shared(signs)]))
        return generate_latest(registry)

    return write


def _process(version: str, lanes: Iterable[LaneFigures], errands: int) -> Iterator[Metric]:
    info = GaugeMetricFamily("relaybot_build_info", "The running version.", labels=["version"])
    info.add_metric([version], 1)
    yield info
    yield GaugeMetricFamily("relaybot_errands", "Questions that were acked and are not answered yet.", value=errands)
    requests = CounterMetricFamily(
        "relaybot_requests", "What a lane did with questions, by outcome.", labels=["lane", "outcome"]
    )
    for lane in lanes:
        for outcome in ("sent", "joined", "reused", "retried", "throttled"):
            requests.add_metric([str(lane.name), outcome], getattr(lane, outcome))
    yield requests


def _shared(vitals: Vitals | None) -> Iterator[Metric]:
    """Count what every process sees alike: take the maximum over them, not the sum."""
    yield GaugeMetricFamily("relaybot_database_up", "Whether the database answered.", value=float(vitals is not None))
    if vitals is None:
        return
    yield GaugeMetricFamily("relaybot_notices_waiting", "Notices that are not said yet.", value=vitals.waiting)
    yield GaugeMetricFamily(
        "relaybot_notices_oldest_seconds",
        "For how long the oldest one waits, put off or not.",
        value=vitals.oldest_s,
    )
    yield GaugeMetricFamily(
        "relaybot_notices_parked", "Notices that Slack refused for good, and that are still kept.", value=vitals.parked
    )
    incidents = GaugeMetricFamily("relaybot_incidents_open", "Open incidents, by what is bad.", labels=["scope"])
    for scope in SCOPES:
        incidents.add_metric([scope], vitals.incidents.get(scope, 0))
    yield incidents
    yield from _calling(vitals.calling)
    age = GaugeMetricFamily(
        "relaybot_watch_age_seconds", "Since the last time that a whole region was seen.", labels=["account", "region"]
    )
    failing = GaugeMetricFamily(
        "relaybot_watch_failing", "Whether the last look at a region failed.", labels=["account", "region"]
    )
    for beat in vitals.beats:
        if beat.age_s is not None:
            age.add_metric([beat.account, beat.region], beat.age_s)
        failing.add_metric([beat.account, beat.region], float(beat.is_failing))
    yield age
    yield failing


def _calling(calling: Calling) -> Iterator[Metric]:
    responses = GaugeMetricFamily(
        "relaybot_responses_open",
        "What channels are at, by whether somebody has it in hand.",
        labels=["in_hand"],
    )
    responses.add_metric(["yes"], calling.in_hand)
    responses.add_metric(["no"], calling.responses - calling.in_hand)
    yield responses
    yield GaugeMetricFamily("relaybot_pages_waiting", "Pages that are not delivered yet.", value=calling.pages)
    yield GaugeMetricFamily(
        "relaybot_pages_oldest_seconds", "For how long the oldest page waits.", value=_seconds(calling.oldest)
    )
    yield GaugeMetricFamily(
        "relaybot_timers_late_seconds",
        "For how long the longest overdue call, reminder or end of a snooze has been due.",
        value=_seconds(calling.late),
    )


def _seconds(time: timedelta | None) -> float:
    return 0.0 if time is None else time.total_seconds()
