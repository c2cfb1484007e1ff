"""A checkpoint that does not get where it is to go is shown with why and since when, and people hear of it once, and once when it is over."""

from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from evidence_targets import addressed, answering_server, running
from running import come_round, run_job
from serving import free_port

from guibin.evidence import targets
from guibin.evidence.jobs import PublishCheckpoint
from guibin.evidence.verify import COSIGNATURE, Key
from guibin.evidence.witness import Witness, application
from guibin.outbound.targets import Rules, use_rules
from guibin_tenants.scope import execute, fetch

TARGETS = "/api/v1/evidence/targets"
WITNESS = Key("witness.example", COSIGNATURE, Ed25519PrivateKey.generate().public_key().public_bytes_raw())
TARGET = f"witness.example+{WITNESS.id.hex()}"


@pytest.fixture
async def answering():
    async with answering_server() as answers:
        yield answers


async def name(client, url, key=WITNESS, **more):
    answer = await client.put(TARGETS, json={"witnesses": [{"url": url, "key": str(key)}], **more})
    assert answer.status_code == 200, answer.text


async def failing(client):
    """What fails: where and why."""
    log = (await client.get("/api/v1/evidence")).json()
    return [(each["kind"], each["name"], each["why"]) for each in log["keepers"] if each["why"]]


async def told(tenant, person):
    async with tenant.scope():
        rows = await fetch(
            "select kind, details ->> 'failure' as why from staff_notice where staff_id = $1 order by told_at, id",
            person.staff_id,
        )
    return [(row["kind"], row["why"]) for row in rows]


async def publish(tenant, times=1):
    for _ in range(times):
        await come_round(tenant, PublishCheckpoint())


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (404, "", "unwatched"),
        (403, "", "unknown_key"),
        (422, "", "inconsistent"),
        (500, "", "refused"),
        (200, "— witness.example AAAA", "wrong_signature"),
        (409, "999999999", "ahead"),
        (409, "0", "inconsistent"),
        (409, "²", "refused"),
        (409, "9" * 5000, "refused"),
    ],
)
async def test_whatever_a_witness_answers_but_its_line_is_said(
    client, tenant, opened, sequenced, answering, status, body, why
):
    await sequenced()
    await name(client, answering.url)
    answering.status, answering.body = status, body.encode()

    await publish(tenant)

    assert answering.asked == 1
    assert await failing(client) == [("witness", "witness.example", why)]


async def test_a_witness_who_had_something_else_fails_once_it_says_so_twice(
    client, tenant, opened, sequenced, answering
):
    await client.get(f"/api/v1/customers/{opened}")
    assert len(await sequenced()) >= 2
    await name(client, answering.url)
    answering.status, answering.body = 409, b"1"

    await publish(tenant)
    first = await failing(client)
    await run_job(tenant, PublishCheckpoint({TARGET: 1}))
    again = await failing(client)
    await run_job(tenant, PublishCheckpoint({TARGET: 2}))

    assert (first, again) == ([], [("witness", "witness.example", "inconsistent")])
    assert await failing(client) == [("witness", "witness.example", "refused")]


async def test_who_does_not_answer_or_may_not_be_asked_any_more_is_said(client, tenant, opened, sequenced):
    await sequenced()
    port = free_port()
    use_rules(Rules([f"127.0.0.1:{port}"]))
    try:
        await name(client, f"http://127.0.0.1:{port}")
        await publish(tenant)
        silent = await failing(client)
    finally:
        use_rules(Rules())

    await publish(tenant)

    assert silent == [("witness", "witness.example", "no_answer")]
    assert await failing(client) == [("witness", "witness.example", "not_allowed")]


async def test_admins_and_auditors_of_the_company_hear_once_when_it_lasts_and_once_when_it_is_over(
    client, tenant, opened, sequenced, tmp_path, answering, clock
):
    await tenant.unit("east")
    auditor, admin = await tenant.staff("shen", "auditor"), await tenant.staff("chen", "tenant_admin")
    others = [await tenant.staff("li", "manager"), await tenant.staff("wu", "auditor", unit="east")]
    await sequenced()
    log = Key.of((await client.get("/api/v1/evidence")).json()["key"])
    watching = Witness(tmp_path / "witness", "witness.example", [log])
    target = f"witness.example+{watching.key.id.hex()}"
    await name(client, answering.url, watching.key, told_after_hours=2)
    answering.status = 404
    heard = []
    for _ in range(4):
        await publish(tenant)
        heard.append((await told(tenant, auditor), await told(tenant, admin)))
        clock.set(clock() + timedelta(hours=1))
    (keeper,) = (await client.get("/api/v1/evidence")).json()["keepers"]
    use_rules(Rules())
    async with running(application(watching)) as url:
        await name(client, url, watching.key, told_after_hours=2)
        await publish(tenant, 2)

    failed, over = ("checkpoint_failing", "unwatched"), ("checkpoint_arriving", "unwatched")
    assert heard == [([], []), ([], []), ([failed], [failed]), ([failed], [failed])]
    assert [await told(tenant, each) for each in (auditor, admin)] == [[failed, over]] * 2
    assert [await told(tenant, each) for each in others] == [[], []]
    since, last = (datetime.fromisoformat(keeper[each]) for each in ("failing_since", "failed_at"))
    assert last - since == timedelta(hours=3)
    assert await failing(client) == []
    async with tenant.scope():
        record = await fetch(
            "select action, purpose from audit_entry where action in ('evidence.failing', 'evidence.arriving') order by id"
        )
    assert [tuple(row) for row in record] == [
        ("evidence.failing", f"{target}: unwatched"),
        ("evidence.arriving", f"{target}: unwatched"),
    ]


async def test_what_may_mean_a_rewritten_log_is_told_at_once_even_after_something_harmless(
    client, tenant, opened, sequenced, answering, clock
):
    auditor = await tenant.staff("shen", "auditor")
    await sequenced()
    await name(client, answering.url, told_after_hours=1)
    answering.status = 500
    await publish(tenant)
    clock.set(clock() + timedelta(hours=1))
    await publish(tenant)
    answering.status = 422
    clock.set(clock() + timedelta(minutes=5))

    await publish(tenant, 2)

    page = (await auditor.get("/api/v1/notices")).json()["items"]
    assert await told(tenant, auditor) == [("checkpoint_failing", "refused"), ("checkpoint_failing", "inconsistent")]
    assert page[0]["text"] == "存证检查点没有送到见证人 witness.example：见证人认为日志与它见过的不一致，请立即核查"


async def test_what_was_never_told_ends_in_silence_and_whoever_is_not_asked_any_more_does_not_fail(
    client, tenant, opened, sequenced, tmp_path, answering
):
    auditor = await tenant.staff("shen", "auditor")
    await sequenced()
    log = Key.of((await client.get("/api/v1/evidence")).json()["key"])
    watching = Witness(tmp_path / "witness", "witness.example", [log])
    await name(client, answering.url, watching.key)
    answering.status = 500
    await publish(tenant)
    before = await failing(client)
    await client.put(TARGETS, json={})
    async with tenant.scope():
        left = await fetch("select target from evidence_failure")
    await name(client, answering.url, watching.key)
    await publish(tenant)
    use_rules(Rules())
    async with running(application(watching)) as url:
        await name(client, url, watching.key)
        await publish(tenant)

    assert before == [("witness", "witness.example", "refused")]
    assert (left, await failing(client), await told(tenant, auditor)) == ([], [], [])


async def test_a_store_that_holds_another_note_is_told_at_once_and_is_forgotten_with_the_store(
    client, tenant, opened, sequenced, tmp_path
):
    auditor = await tenant.staff("shen", "auditor")
    size = len(await sequenced())
    file = tmp_path / "kept" / "guibin" / str(tenant.id) / f"{size:012d}"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"another")
    targets.use_store({targets.ADDRESS: f"file://{tmp_path / 'kept'}"})
    try:
        await publish(tenant, 2)
        while_there = await failing(client)
    finally:
        targets.use_store({})
    async with tenant.scope():
        before = len(await fetch("select target from evidence_failure"))
    await name(client, "https://witness.example", WITNESS)
    async with tenant.scope():
        after = len(await fetch("select target from evidence_failure"))

    assert while_there == [("store", "", "holds_another")]
    assert await told(tenant, auditor) == [("checkpoint_failing", "holds_another")]
    assert (before, after) == (1, 0)


async def test_a_mail_that_cannot_be_sent_says_why(client, tenant, opened, sequenced, mail):
    people = [await addressed(tenant, client, "shen"), await tenant.staff("wu", "auditor")]
    people.append(await addressed(tenant, client, "fang"))
    await sequenced()
    ids = [str(each.staff_id) for each in people]
    assert (await client.put(TARGETS, json={"auditors": ids})).status_code == 200
    async with tenant.scope():
        await execute("update staff set roles = '{agent}' where id = $1", people[2].staff_id)
    mail.refuse = "550 no such user"

    await publish(tenant)
    refused = await failing(client)
    async with tenant.scope():
        await execute("update message_channel set removed_at = now()")
    await publish(tenant)

    assert refused == [
        ("auditor", "shen", "mail_refused"),
        ("auditor", "wu", "no_address"),
        ("auditor", "fang", "no_auditor"),
    ]
    assert [why for _, _, why in await failing(client)] == ["no_channel", "no_channel", "no_auditor"]


async def test_a_mail_that_arrives_again_ends_it(client, tenant, opened, sequenced, mail):
    shen = await addressed(tenant, client, "shen")
    await sequenced()
    await client.put(TARGETS, json={"auditors": [str(shen.staff_id)]})
    mail.refuse = "450 later"
    await publish(tenant)
    before = await failing(client)
    mail.refuse = ""
    await publish(tenant)

    assert before == [("auditor", "shen", "mail_refused")]
    assert await failing(client) == []


async def test_two_witnesses_of_one_name_are_refused(client):
    other = Key("witness.example", COSIGNATURE, Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    both = [{"url": f"https://{place}.example", "key": str(key)} for place, key in (("a", WITNESS), ("b", other))]

    answer = await client.put(TARGETS, json={"witnesses": both})

    assert answer.status_code == 422
    assert [(each["field"], each["value"]) for each in answer.json()["errors"]] == [
        ("witnesses[1].key", "witness.example")
    ]


async def test_the_page_says_what_fails_and_since_when(client, tenant, opened, sequenced, answering):
    auditor = await tenant.staff("shen", "auditor")
    await sequenced()
    await name(client, answering.url)
    answering.status = 404
    before = (await auditor.get("/console/evidence")).text

    await publish(tenant)
    page = (await auditor.get("/console/evidence")).text

    assert "未能送达" not in before
    assert page.count("未能送达") == 1
    assert "见证人没有看管本公司的日志" in page


async def test_a_witness_who_answers_no_more_is_noticed_without_anything_new_to_cosign(
    client, tenant, opened, sequenced, tmp_path, answering
):
    await sequenced()
    log = Key.of((await client.get("/api/v1/evidence")).json()["key"])
    watching = Witness(tmp_path / "witness", "witness.example", [log])
    async with running(application(watching)) as url:
        await name(client, url, watching.key)
        await publish(tenant)
        well = await failing(client)
        use_rules(Rules([answering.url.removeprefix("http://")]))
        await name(client, answering.url, watching.key)
        answering.status = 404
        await publish(tenant)
        gone = await failing(client)
        use_rules(Rules([url.removeprefix("http://")]))
        await name(client, url, watching.key)
        await publish(tenant)

    assert (well, gone) == ([], [("witness", "witness.example", "unwatched")])
    assert await failing(client) == []


async def test_a_store_that_was_changed_is_noticed_without_anything_new_to_keep(
    client, tenant, opened, sequenced, tmp_path
):
    size = len(await sequenced())
    targets.use_store({targets.ADDRESS: f"file://{tmp_path}"})
    try:
        await publish(tenant)
        (tmp_path / "guibin" / str(tenant.id) / f"{size:012d}").write_bytes(b"half")
        await publish(tenant)
        changed = await failing(client)
    finally:
        targets.use_store({})

    assert changed == [("store", "", "holds_another")]


async def test_an_auditor_who_cannot_be_reached_is_noticed_before_the_next_mail_and_gets_it_once_they_can(
    client, tenant, opened, sequenced, mail
):
    shen = await addressed(tenant, client, "shen")
    await sequenced()
    await client.put(TARGETS, json={"auditors": [str(shen.staff_id)]})
    await publish(tenant, 2)
    async with tenant.scope():
        await execute("update staff set roles = '{agent}' where id = $1", shen.staff_id)
    await publish(tenant)
    cut_off, mails = await failing(client), len(mail.mails)
    async with tenant.scope():
        await execute("update staff set roles = '{auditor}' where id = $1", shen.staff_id)
    await publish(tenant)

    assert (cut_off, mails) == ([("auditor", "shen", "no_auditor")], 1)
    assert (await failing(client), len(mail.mails)) == ([], 2)
