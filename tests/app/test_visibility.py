"""What operators see: figures, traces, logs. And what they must not: somebody's data (T29, T35)."""

import io
import json
import logging
import socket
import urllib.request

import msgspec
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import generate_latest
from queues import everything_in
from working import Effect

from guibin.app.factory import create_app
from guibin.context import Root
from guibin.dispatch.execution import Workshop, perform
from guibin.dispatch.executor import Executor
from guibin.dispatch.leases import Leases
from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, handles
from guibin.jobs.relay import Claimed, relaying
from guibin.operation.worker import _measure
from guibin.packs import Packs
from guibin.watch import logs, metrics, tracing
from guibin_tenants.scope import execute, fetch, fetch_value
from guibin_tenants.tables import new_id

CANARY = "13977001234"
NAME = "欧阳金丝雀"


class Leaky(Job, frozen=True):
    """Raises with somebody's number in the message, and logs through a library that quotes it."""


@handles(Leaky, attempts_max=1)
async def leaky(job, run):
    logging.getLogger("some.library").warning(f"could not reach {CANARY} of {NAME} at all, giving up: {CANARY}")
    logging.getLogger("some.library").error("could not reach %s", CANARY)
    await fetch_value("select $1::text::integer", CANARY + NAME)


@pytest.fixture
def spans():
    """The spans ended since."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use(provider)
    yield exporter
    tracing.use(None)


@pytest.fixture
def lines():
    """Every log line of this process as operators get it."""
    root, stream = logging.getLogger(), io.StringIO()
    before = (root.handlers[:], root.level, {name: logging.getLogger(name).level for name in logs.OURS})
    logs.configure(stream, logging.DEBUG)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], root.level = before[0], before[1]
    for name, level in before[2].items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def shop(world):
    return Workshop(root=Root(packs=world.packs, clock=world.clock), worker=new_id(), leases=Leases())


async def test_a_trace_leads_from_the_request_through_the_ledger_to_the_job(tenant, client, shop, spans):
    name = "end_expired_memberships"
    answer = await client.post(f"/api/v1/timetable/{name}/runs")
    job_id = answer.json()["job_id"]
    async with tenant.scope():
        kept = await fetch_value("select traceparent from job where id = $1", job_id)

    await perform(shop, tenant.id, answer.json()["job_id"], attempt=0)

    request, job = spans.get_finished_spans()
    assert (request.name, job.name) == ("POST /api/v1/timetable/{name}/runs", f"job {name}")
    assert job.context.trace_id == request.context.trace_id
    assert job.parent.span_id == request.context.span_id
    assert kept.split("-")[2] == format(request.context.span_id, "016x")
    assert dict(job.attributes) == {"tenant": str(tenant.id), "job": job_id, "attempt": 1}


async def test_a_reaction_to_a_job_belongs_to_the_same_trace(tenant, client, shop, spans):
    await client.post("/api/v1/complaints", json={"text": "没有信号", "channel": "phone", "level": "1"})
    async with tenant.scope():
        traces = {row["traceparent"].split("-")[1] for row in await fetch("select traceparent from job")}
    assert traces <= {format(spans.get_finished_spans()[0].context.trace_id, "032x")}


async def test_a_callers_trace_goes_on(tenant, client, spans):
    trace = "0af7651916cd43dd8448eb211c80319c"
    await client.get("/api/v1/jobs", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})

    assert format(spans.get_finished_spans()[0].context.trace_id, "032x") == trace


@pytest.mark.parametrize("header", ["nonsense", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "1" * 5_000, "'; drop"])
async def test_a_trace_header_that_is_none_is_ignored(client, spans, header):
    answer = await client.get("/api/v1/jobs", headers={"traceparent": header})

    assert answer.status_code == 200
    assert spans.get_finished_spans()[0].parent is None


async def test_nothing_is_traced_and_nothing_kept_until_somebody_says_where_to(tenant):
    async with tenant.scope():
        await enqueue(Effect(), now=tenant.world.clock())

        assert await fetch_value("select traceparent from job") == ""


@pytest.mark.rule("S07-8")
async def test_no_log_line_trace_payload_or_queue_holds_a_customers_number(
    tenant, client, shop, spans, lines, database, monkeypatch
):
    body = {"number": "DK1", "name": NAME, "kind": "leader", "confidential": {"mobile": CANARY}}
    customer = (await client.post("/api/v1/customers", json=body)).json()["id"]
    await client.get("/api/v1/customers", params={"search": NAME})
    await client.get(f"/api/v1/{CANARY}/{NAME}")
    await client.post("/api/v1/customers", json=body)  # its number is taken
    await client.post("/api/v1/customers", json=body | {"kind": CANARY})
    complaint = {"text": f"请回电 {CANARY}", "channel": "phone", "customer_id": customer}
    await client.post("/api/v1/complaints", json=complaint)
    await client.post("/api/v1/complaints", json=complaint | {"channel": f"x\n{CANARY}"})
    listed = (await client.get("/api/v1/complaints")).json()["items"]
    monkeypatch.setattr("guibin_tenants.rows.new_id", lambda: 1 / 0 if CANARY else None)
    crashed = await client.post(f"/api/v1/complaints/{listed[0]['id']}/notes", json={"text": CANARY})
    async with tenant.scope():
        job = await enqueue(Leaky(), now=tenant.world.clock())
    assert await perform(shop, tenant.id, job, attempt=0) == "dead"

    assert crashed.status_code == 500
    told = lines()
    everything = json.dumps(told, ensure_ascii=False) + str(
        [
            (span.name, dict(span.attributes), span.status.description, span.events)
            for span in spans.get_finished_spans()
        ]
    )
    async with tenant.scope():
        rows = await fetch(
            "select row_to_json(j)::text || coalesce(row_to_json(a)::text, '') as text from job j"
            " left join job_attempt a on a.tenant_id = j.tenant_id and a.job_id = j.id"
        )
    everything += "".join(row["text"] for row in rows)
    queued = await _queued(tenant, shop, database.redis)
    everything += queued
    assert len(told) >= 4, told
    assert str(tenant.id) in queued
    assert CANARY not in everything
    assert NAME not in everything
    failed = next(line for line in told if line["logger"] == "guibin.app")
    assert (failed["error"], failed["tenant"]) == ("ZeroDivisionError", str(tenant.id))
    assert failed["trace"]
    ended = next(line for line in told if line["logger"] == "guibin.jobs")
    assert (ended["job"], ended["tenant"]) == (str(job), str(tenant.id))


async def _queued(tenant, shop, url):
    """Everything in Redis once every job of the company has been handed over."""
    async with tenant.scope():
        kept = await fetch("select id, attempt from job")
    assert kept
    executor = Executor(url, shop.worker, None, at_once=1)
    try:
        jobs = [Claimed(tenant.id, row["id"], row["attempt"], at_once=1) for row in kept]
        assert await executor.hand_over(jobs) == []
        return await everything_in(url)
    finally:
        await executor.close()


def test_a_line_cannot_be_forged_by_what_it_quotes(lines):
    logging.getLogger("guibin.app").warning("%s", 'a\n{"level":"info","message":"forged"}')

    assert [line["level"] for line in lines()] == ["warning"]


async def test_figures_tell_kinds_routes_and_states_and_no_company(tenant, client, shop, database):
    async with tenant.scope():
        done, failing, waiting = [await enqueue(Effect(fails_until=n), now=tenant.world.clock()) for n in (0, 1, 0)]
        await execute("update job set run_at = run_at - interval '90 seconds' where id = $1", waiting)
    await perform(shop, tenant.id, done, attempt=0)
    await perform(shop, tenant.id, failing, attempt=0)
    await client.get(f"/api/v1/jobs/{done}")
    await client.get(f"/api/v1/nothing-{NAME}")
    async with relaying(database.relay, shop.worker) as relay:
        await _measure([relay], tenant.world.clock())

    text = generate_latest(metrics.REGISTRY).decode()
    values = {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line[0] != "#"}
    assert values['guibin_job_attempts_total{kind="effect",outcome="completed"}'] >= 1
    assert values['guibin_job_attempts_total{kind="effect",outcome="failed"}'] >= 1
    assert values['guibin_job_wait_seconds_count{kind="effect"}'] >= 2
    assert values['guibin_jobs{state="ready"}'] >= 1
    assert values['guibin_jobs_oldest_seconds{state="ready"}'] >= 90
    assert values["guibin_relay_lag_seconds"] >= 90
    route = 'method="GET",route="/api/v1/jobs/{job_id}",status="2xx"'
    assert values[f"guibin_request_seconds_count{{{route}}}"] >= 1
    assert values['guibin_request_seconds_count{method="GET",route="nowhere",status="4xx"}'] >= 1
    assert str(tenant.id) not in text
    assert tenant.slug not in text
    assert NAME not in text


async def test_the_api_itself_shows_no_figures(client):
    assert (await client.get("/metrics")).status_code == 404
    assert (await client.get("/api/v1/metrics")).status_code == 404


def test_figures_are_served_on_this_machine_only(unused_port):
    with (
        metrics.served(unused_port),
        urllib.request.urlopen(f"http://127.0.0.1:{unused_port}/metrics", timeout=5) as answer,
    ):
        assert b"guibin_job_run_seconds" in answer.read()


@pytest.fixture
def unused_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_collector_without_its_package_stops_the_start(monkeypatch):
    monkeypatch.setenv(tracing.ENDPOINT, "http://127.0.0.1:4318")

    with pytest.raises(tracing.NoExporter, match="pip install"):
        tracing.use_environment("guibin-api")


def test_a_line_is_whole_json(lines):
    logging.getLogger("guibin.app").info("started")

    assert msgspec.json.decode(msgspec.json.encode(lines()[0]), type=logs.Line).message == "started"


def test_building_the_application_leaves_the_logs_as_they_are(lines):
    create_app("postgresql://nobody@localhost/none", packs=Packs({}))

    try:
        raise LookupError(CANARY)
    except LookupError:
        logging.getLogger("guibin.app").exception("failed")
    logging.getLogger("some.library").info("chatter")

    assert [(line["message"], line["error"]) for line in lines()] == [("failed", "LookupError")]
