"""The page on which a tenant's admin says where checkpoints go, stops them, and has one sent at once to see whether it arrives."""

from urllib.parse import urlencode
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from evidence_targets import addressed, answering_server, running
from running import come_round, work_off

from guibin.evidence import targets
from guibin.evidence.jobs import PublishCheckpoint
from guibin.evidence.verify import COSIGNATURE, Key
from guibin.evidence.witness import Witness, application
from guibin_tenants.scope import execute

PAGE = "/console/evidence/targets"


def key_of(name):
    return str(Key(name, COSIGNATURE, Ed25519PrivateKey.generate().public_key().public_bytes_raw()))


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("chen", "tenant_admin")


async def do(admin, place, command, **given):
    return await admin.post(f"{PAGE}/{place}/do/{command}", content=urlencode(given))


async def keepers(client):
    return (await client.get("/api/v1/evidence")).json()["keepers"]


async def test_a_witness_is_added_changed_and_stopped_on_the_page(client, tenant, admin):
    key, other = key_of("a.example"), key_of("b.example")
    company = f"company/{tenant.id}"
    empty = (await admin.get(PAGE)).text

    wrong = await do(admin, company, "add_witness", url="http://10.0.0.1/", key="x")
    added = await do(admin, company, "add_witness", url="https://a.example", key=key)
    twice = await do(admin, company, "add_witness", url="https://c.example", key=key)
    (keeper,) = await keepers(client)
    form = (await admin.get(f"{PAGE}/{keeper['id']}/do/change")).text
    changed = await do(admin, keeper["id"], "change", url="https://b.example", key=other)
    (after,) = await keepers(client)
    gone = await do(admin, keeper["id"], "change", url="https://b.example", key=other)
    page = (await admin.get(PAGE)).text
    stopped = await do(admin, after["id"], "take_away")

    assert "还没有设置去向" in empty
    assert (wrong.status_code, 'id="f-url-error"' in wrong.text, 'id="f-key-error"' in wrong.text) == (422, True, True)
    assert (added.status_code, changed.status_code, stopped.status_code) == (200, 200, 200)
    assert (twice.status_code, "名称" in twice.text) == (422, True)
    assert "https://a.example</textarea>" in form
    assert (after["witness"], gone.status_code) == ({"url": "https://b.example", "key": other}, 404)
    assert "https://b.example" in page
    assert await keepers(client) == []


async def test_no_more_than_five_witnesses_are_taken_and_an_old_one_that_is_refused_by_now_stays(client, tenant, admin):
    company = f"company/{tenant.id}"
    answers = [
        (await do(admin, company, "add_witness", url="https://w.example", key=key_of(f"{place}.example"))).status_code
        for place in range(6)
    ]

    assert answers == [200] * 5 + [422]
    assert len(await keepers(client)) == 5


async def test_an_auditor_is_added_once_and_nobody_who_is_none(client, tenant, admin):
    auditor, manager = await tenant.staff("shen", "auditor"), await tenant.staff("li", "manager")
    company = f"company/{tenant.id}"
    form = (await admin.get(f"{PAGE}/{company}/do/add_auditor")).text

    added = await do(admin, company, "add_auditor", auditor_id=auditor.staff_id)
    again = await do(admin, company, "add_auditor", auditor_id=auditor.staff_id)
    wrong = await do(admin, company, "add_auditor", auditor_id=manager.staff_id)
    rhythm = await do(admin, company, "set_rhythm", mailed_every_hours="6", told_after_hours="2")
    later = (await client.get("/api/v1/evidence/targets")).json()

    assert (str(auditor.staff_id) in form, str(manager.staff_id) in form) == (True, False)
    assert (added.status_code, again.status_code, wrong.status_code, rhythm.status_code) == (200, 422, 422, 200)
    assert later == {
        "witnesses": [],
        "auditors": [str(auditor.staff_id)],
        "mailed_every_hours": 6,
        "told_after_hours": 2,
    }


async def test_one_is_sent_at_once_even_where_it_is_and_the_page_says_how_it_went(
    client, tenant, admin, opened, sequenced, tmp_path
):
    await sequenced()
    log = Key.of((await client.get("/api/v1/evidence")).json()["key"])
    watching = Witness(tmp_path, "w.example", [log])
    async with running(application(watching)) as url:
        await do(admin, f"company/{tenant.id}", "add_witness", url=url, key=str(watching.key))
        (keeper,) = await keepers(client)
        said = []
        for _ in range(2):
            assert (await do(admin, keeper["id"], "send")).status_code == 200
            waiting = (await admin.get(f"{PAGE}/{keeper['id']}/tried")).text
            await work_off(tenant, kind="send_checkpoint")
            said.append(("hx-get" in waiting, (await admin.get(f"{PAGE}/{keeper['id']}/tried")).text))
    async with running(application(Witness(tmp_path / "other", "w.example", []))) as url:
        await do(admin, keeper["id"], "change", url=url, key=str(watching.key))
        await do(admin, keeper["id"], "send")
        await work_off(tenant, kind="send_checkpoint")
    page = (await admin.get(PAGE)).text

    assert [waits for waits, _ in said] == [True, True]
    assert ["已送达" in text and "hx-get" not in text for _, text in said] == [True, True]
    assert page.count("见证人没有看管本公司的日志") == 2
    (keeper,) = await keepers(client)
    assert (keeper["size"] is not None, keeper["why"], keeper["tried"]["outcome"]) == (True, "unwatched", "unwatched")


async def test_a_witness_who_saw_another_size_is_asked_again_when_one_is_sent_by_hand(
    client, tenant, admin, opened, sequenced
):
    await client.get(f"/api/v1/customers/{opened}")
    await sequenced()
    async with answering_server() as answers:
        await do(admin, f"company/{tenant.id}", "add_witness", url=answers.url, key=key_of("w.example"))
        (keeper,) = await keepers(client)
        answers.status, answers.body = 409, b"1"
        await do(admin, keeper["id"], "send")
        await work_off(tenant, kind="send_checkpoint")

    (keeper,) = await keepers(client)
    assert (answers.asked, keeper["tried"]["outcome"]) == (2, "inconsistent")


async def test_one_that_is_sent_by_hand_goes_to_nobody_else_and_an_auditor_gets_it_within_the_hours(
    client, tenant, admin, opened, sequenced, mail
):
    people = [await addressed(tenant, client, login) for login in ("shen", "wu")]
    for person in people:
        await do(admin, f"company/{tenant.id}", "add_auditor", auditor_id=person.staff_id)
    await sequenced()
    await come_round(tenant, PublishCheckpoint())
    # Both go out at the same time: whose arrives first is not said.
    first = sorted(letter["To"] for letter in mail.mails)
    keeper = (await keepers(client))[1]

    await do(admin, keeper["id"], "send")
    await work_off(tenant, kind="send_checkpoint")

    assert first == ["shen@example.com", "wu@example.com"]
    assert [letter["To"] for letter in mail.mails[2:]] == ["wu@example.com"]
    assert mail.mails[2]["Message-ID"] not in [letter["Message-ID"] for letter in mail.mails[:2]]


async def test_the_store_is_tried_too_and_what_was_changed_there_since_is_found(
    client, tenant, admin, opened, sequenced, tmp_path
):
    size = len(await sequenced())
    targets.use_store({targets.ADDRESS: f"file://{tmp_path}"})
    try:
        await come_round(tenant, PublishCheckpoint())
        (keeper,) = await keepers(client)
        (tmp_path / "guibin" / str(tenant.id) / f"{size:012d}").write_bytes(b"changed")
        await do(admin, keeper["id"], "send")
        await work_off(tenant, kind="send_checkpoint")
        (keeper,) = await keepers(client)
        stopped = await do(admin, keeper["id"], "take_away")
    finally:
        targets.use_store({})

    assert (keeper["kind"], keeper["why"], keeper["tried"]["outcome"]) == ("store", "holds_another", "holds_another")
    assert stopped.status_code == 404


async def test_before_anything_is_signed_it_says_so(client, tenant, admin):
    await do(admin, f"company/{tenant.id}", "add_witness", url="https://w.example", key=key_of("w.example"))
    (keeper,) = await keepers(client)
    await do(admin, keeper["id"], "send")
    await work_off(tenant, kind="send_checkpoint")

    assert "还没有签名的检查点" in (await admin.get(PAGE)).text


async def test_the_page_is_for_the_admin_of_the_whole_company_and_shows_nothing_of_another(
    client, tenant, other_tenant, admin
):
    await tenant.unit("east")
    outlet = await tenant.staff("outlet", "tenant_admin", unit="east")
    auditor = await tenant.staff("shen", "auditor")
    await do(admin, f"company/{tenant.id}", "add_witness", url="https://w.example", key=key_of("w.example"))
    (keeper,) = await keepers(client)
    foreign = await other_tenant.staff("b", "tenant_admin")

    assert [(await each.get(PAGE)).status_code for each in (admin, outlet, auditor)] == [200, 403, 403]
    assert "w.example" not in (await foreign.get(PAGE)).text
    assert (await do(foreign, keeper["id"], "take_away")).status_code == 404
    assert (await do(foreign, keeper["id"], "send")).status_code == 404
    assert (await do(admin, str(uuid4()), "send")).status_code == 404
    assert len(await keepers(client)) == 1


async def test_a_witness_with_another_key_under_the_same_name_begins_anew(
    client, tenant, admin, opened, sequenced, tmp_path
):
    await sequenced()
    log = Key.of((await client.get("/api/v1/evidence")).json()["key"])
    former, new = (Witness(tmp_path / place, "w.example", [log]) for place in ("former", "new"))
    async with running(application(former)) as url:
        await do(admin, f"company/{tenant.id}", "add_witness", url=url, key=str(former.key))
        await come_round(tenant, PublishCheckpoint())
        (keeper,) = await keepers(client)
    async with running(application(new)) as url:
        await do(admin, keeper["id"], "change", url=url, key=str(new.key))
        (changed,) = await keepers(client)
        await come_round(tenant, PublishCheckpoint())
        (after,) = await keepers(client)
    checkpoint = (await client.get("/api/v1/evidence/checkpoints")).json()["items"][0]

    assert keeper["size"] is not None
    assert (changed["name"], changed["size"], changed["last_at"]) == ("w.example", None, None)
    assert (after["size"], checkpoint["cosigned"]) == (keeper["size"], 2)


async def test_a_try_whose_job_was_given_up_does_not_stay_under_way(client, tenant, admin, opened, sequenced):
    await sequenced()
    await do(admin, f"company/{tenant.id}", "add_witness", url="https://w.example", key=key_of("w.example"))
    (keeper,) = await keepers(client)
    await do(admin, keeper["id"], "send")
    under_way = (await admin.get(f"{PAGE}/{keeper['id']}/tried")).text
    async with tenant.scope():
        await execute(
            "update job set outcome = 'dead', ended_at = enqueued_at, unique_key = null where kind = 'send_checkpoint'"
        )
    broken = (await admin.get(f"{PAGE}/{keeper['id']}/tried")).text
    await do(admin, keeper["id"], "send")
    again = (await admin.get(f"{PAGE}/{keeper['id']}/tried")).text

    assert ["正在发送" in text for text in (under_way, broken, again)] == [True, False, True]
    assert ("没有发完就中断了" in broken, "hx-get" in broken) == (True, False)


@pytest.mark.parametrize(
    ("url", "name", "field"),
    [
        ("https://w.example/?token=1", "w.example", "url"),
        ("https://w.example/#a", "w.example", "url"),
        ("https://w.example", "w" * 201, "key"),
    ],
)
async def test_an_address_to_which_no_path_can_be_put_and_a_name_too_long_are_refused(client, admin, url, name, field):
    wrong = {"witnesses": [{"url": url, "key": key_of(name)}]}

    answer = await client.put("/api/v1/evidence/targets", json=wrong)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [f"witnesses[0].{field}"]
