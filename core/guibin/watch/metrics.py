"""What operators watch, as Prometheus figures. No company, no customer: only kinds, routes and states are told apart."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client import Gauge as _Gauge
from prometheus_client.multiprocess import MultiProcessCollector

REGISTRY = CollectorRegistry()
# Of several processes the worst: they tell the same, each as it last saw it.
Gauge = partial(_Gauge, multiprocess_mode="max")
_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300)

REQUEST_SECONDS = Histogram(
    "guibin_request_seconds",
    "From the request's arrival to its answer, the commit included",
    ("method", "route", "status"),
    buckets=_SECONDS,
    registry=REGISTRY,
)
JOBS = Gauge("guibin_jobs", "Jobs that have not ended, and dead letters", ("state",), registry=REGISTRY)
JOBS_OLDEST_SECONDS = Gauge(
    "guibin_jobs_oldest_seconds", "For how long the oldest of them has been in its state", ("state",), registry=REGISTRY
)
JOB_WAIT_SECONDS = Histogram(
    "guibin_job_wait_seconds",
    "From the moment a job was to run to its attempt",
    ("kind",),
    buckets=_SECONDS,
    registry=REGISTRY,
)
JOB_RUN_SECONDS = Histogram(
    "guibin_job_run_seconds", "How long an attempt took", ("kind",), buckets=_SECONDS, registry=REGISTRY
)
JOB_ATTEMPTS = Counter("guibin_job_attempts", "Attempts by how they ended", ("kind", "outcome"), registry=REGISTRY)
RELAY_LAG_SECONDS = Gauge(
    "guibin_relay_lag_seconds", "For how long the oldest due job has not been handed over", registry=REGISTRY
)
CLAIMED = Counter("guibin_jobs_claimed", "Jobs handed over to this process", registry=REGISTRY)
TIMER_LATENESS_SECONDS = Histogram(
    "guibin_timer_lateness_seconds",
    "From a deadline step's moment to when it was fired",
    buckets=_SECONDS,
    registry=REGISTRY,
)
TIMERS_OVERDUE = Gauge("guibin_timers_overdue", "Deadline steps due and not fired", registry=REGISTRY)
TIMERS_OVERDUE_SECONDS = Gauge(
    "guibin_timers_overdue_seconds", "For how long the oldest of them has been due", registry=REGISTRY
)
LOOP_ERRORS = Counter(
    "guibin_worker_errors", "Rounds of the worker that PostgreSQL or Redis cut short", ("loop",), registry=REGISTRY
)


HOOK_FAILURES = Counter(
    "guibin_pack_hook_failures", "Hooks of packs that raised or took too long", ("pack", "hook"), registry=REGISTRY
)
HOOKS_OFF = Gauge(
    "guibin_pack_hook_off",
    "Hooks of packs that this process does not ask any more",
    ("pack", "hook"),
    registry=REGISTRY,
)
PACKS_ASIDE = Gauge(
    "guibin_pack_put_aside", "Installed packs that could not start (`guibin doctor`)", ("pack",), registry=REGISTRY
)
SCRIPT_SECONDS = Histogram(
    "guibin_script_seconds",
    "How long companies' scripts took, by hook and how they ended",
    ("hook", "outcome"),
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2),
    registry=REGISTRY,
)


@contextlib.contextmanager
def served(port: int | None, *, processes: int = 1) -> Iterator[None]:
    """Answer `/metrics` on this machine only, on a port of its own: companies do not get there.

    Of several processes, those that this one begins meanwhile, their figures are added up.
    """
    with contextlib.ExitStack() as kept:
        if port is not None:
            registry = REGISTRY
            if processes > 1:
                folder = kept.enter_context(tempfile.TemporaryDirectory(prefix="guibin-metrics-"))
                os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
                registry = CollectorRegistry()
                MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]  # the library says no types
            server, _ = start_http_server(port, addr="127.0.0.1", registry=registry)
            kept.callback(server.shutdown)
        yield
