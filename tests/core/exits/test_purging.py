"""Purging a company: two people and a waiting time, nothing left of it anywhere, nothing of anybody else's touched, and proof."""

import json
import random
from datetime import timedelta

import obstore
import pytest
from looking import CUSTOMER
from obstore.store import MemoryStore
from papers import PDF, added

from guibin.evidence.keys import public_keys
from guibin.evidence.verify import Wrong, sentences_of_certificate, verify_certificate, verify_exit
from guibin.files import places
from guibin.operation import backups, erasure, purging
from guibin.operation.erasure import StillWorking
from guibin.operation.purging import FilesLeft, NotFrozen, OtherPack
from guibin.policies.queries import act_of
from guibin.watch import failpoints
from guibin.watch.failpoints import FailedOnPurpose, armed_by
from guibin_tenants import purges, registry
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.purges import AnotherPerson, NoPurge, NotDue, PurgeAsked, PurgeConfirmed
from guibin_tenants.refusals import Invalid
from guibin_tenants.tables import new_id

DAY = timedelta(days=1)
STEPS = ("files", "backups", "rows", "committed", "finished")


class Purging:
    """What the two of them do, as their commands do it."""

    def __init__(self, owner, company):
        self.owner, self.company, self.slug = owner, company, company.slug
        self.now = company.world.clock()

    async def act(self, name):
        by = Principal(kind="operator", id=new_id(), name=name, permissions=PERMISSIONS, address="cli")
        return await act_of(self.company.world.packs, self.company.context(), by=by, now=self.now)

    async def freeze(self):
        await registry.freeze(self.owner, self.slug, because="合同终止", now=self.now)

    async def ask(self, place, by="甲", **said):
        async with self.company.scope():
            words = {"because": "合同终止"} | said
            return await purging.ask(self.owner, verify_exit(place), await self.act(by), **words)

    async def withdraw(self, by="丙"):
        async with self.company.scope():
            await purging.withdraw(self.owner, await self.act(by))

    async def confirm(self, by="乙", after=31 * DAY):
        return await purging.confirm(self.owner, self.slug, by=by, now=self.now + after)

    async def end(self, folders=()):
        """What the command does, the first time or again; the certificate."""
        written = await purges.certificate_of(self.owner, self.slug)
        if written is None:
            confirmed = await self.confirm()
            async with self.company.scope():
                left = await purging.last_words(confirmed, folders, await self.act("乙"))
            written = await purging.purge(self.owner, self.slug, left, folders, now=self.now + 31 * DAY)
        await purging.finish(self.owner, self.slug, folders)
        return written


@pytest.fixture
def leaving(owner):
    return lambda company: Purging(owner, company)


@pytest.fixture
def asked(leaving, leave):
    """A company that is frozen, has its pack, and whose purge is asked for."""

    async def run(company, **said):
        it = leaving(company)
        await it.freeze()
        place, _ = await leave(company, name=f"pack-{company.slug}")
        await it.ask(place, **said)
        return it, place

    return run


async def rows_of(owner, company):
    """Every row of the company, by table, in one digest each: the tables as the catalog knows them."""
    tables = await owner.fetch(
        "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')"
    )
    found = {}
    async with owner.transaction():
        await owner.execute(
            "select set_config('guibin.tenant', $1, true), set_config('guibin.units', '*', true)", str(company.id)
        )
        for (table,) in tables:
            found[table] = tuple(
                await owner.fetchrow(
                    f"select count(*), md5(coalesce(string_agg(x::text, '' order by x::text), '')) from {table} x"
                    " where tenant_id = $1",
                    company.id,
                )
            )
    return found


async def without_nonsense(owner, company):
    """No witness signed its log with whatever stands in a row that was made up."""
    async with owner.transaction():
        await owner.execute(
            "select set_config('guibin.tenant', $1, true), set_config('guibin.units', '*', true)", str(company.id)
        )
        await owner.execute("update evidence_receipt set cosignature = ''")


def proved(certificate, **said):
    return verify_certificate([f"{line}\n".encode() for line in certificate.splitlines()], **said)


async def test_everything_of_it_is_gone_and_not_one_row_of_another_company(filled, leave, leaving, owner):
    (company, _, _), (neighbour, _, _) = await filled(), await filled()
    await without_nonsense(owner, company)
    it = leaving(company)
    await it.freeze()
    place, done = await leave(company, clear=True)
    await it.ask(place)
    confirmed = await it.confirm()
    async with company.scope():
        left = await purging.last_words(confirmed, (), await it.act("乙"))
        key = (await public_keys())[-1]
    before, beside = await rows_of(owner, company), await rows_of(owner, neighbour)
    registered = [dict(row) for row in await owner.fetch("select * from tenant where id <> $1 order by id", company.id)]

    certificate = await purging.purge(owner, it.slug, left, (), now=it.now + 31 * DAY)

    # Trees of the log are kept from 256 entries on.
    assert [table for table, (count, _) in before.items() if count == 0] == ["evidence_tree"]
    assert {table for table, (count, _) in (await rows_of(owner, company)).items() if count} == set()
    assert await rows_of(owner, neighbour) == beside
    after = await owner.fetch("select * from tenant where id <> $1 order by id", company.id)
    assert [dict(row) for row in after] == registered
    found = proved(certificate, key=key, pack=verify_exit(place))
    assert found.rows == {table: count for table, (count, _) in before.items() if count}
    assert (found.head["asked_by"], found.head["confirmed_by"], found.head["exit_root"]) == ("甲", "乙", done.root)
    assert (found.head["exit_clear"], found.entries) == (True, before["evidence_entry"][0])
    assert [each["kind"] for each in found.destroyed] == ["company"] * before["tenant_key"][0] + ["log"]
    assert found.head["customer_keys"]["count"] == before["subject_key"][0]
    assert found.head["files"]["count"] == before["stored_file"][0]
    tombstone = await owner.fetchrow("select * from tenant where id = $1", company.id)
    assert (tombstone["erased_by"], tombstone["name"]) == ("乙", "")
    assert json.loads(tombstone["erased_rows"]) == found.rows
    assert (await registry.purge_of(owner, it.slug)).ended_at == it.now + 31 * DAY


@pytest.mark.parametrize("step", STEPS)
async def test_broken_off_at_any_step_it_can_only_go_on_and_ends_as_if_it_had_not_been(
    tenant, other_tenant, client, asked, owner, tmp_path, step
):
    await client.post("/api/v1/customers", json=CUSTOMER)
    folder = tmp_path / "backup"
    (folder / "base/20260101T000000Z").mkdir(parents=True)
    (folder / "files" / str(tenant.id)).mkdir(parents=True)
    it, place = await asked(tenant)
    beside = await rows_of(owner, other_tenant)
    failpoints.arm(armed_by(f"purge.{step}:raise"))
    try:
        with pytest.raises(FailedOnPurpose):
            await it.end((folder,))
    finally:
        failpoints.arm(None)

    left = await rows_of(owner, tenant)
    whole = step in ("files", "backups", "rows")
    assert (left["customer"][0], left["tenant_key"][0], left["audit_entry"][0] > 0) == (whole, whole, whole)
    if whole:
        for undone in (registry.resume(owner, it.slug), registry.thaw(owner, it.slug), it.withdraw()):
            with pytest.raises(PurgeConfirmed):
                await undone
        assert (await registry.by_slug(owner, it.slug)).suspended_at is not None
    certificate = await it.end((folder,))

    assert {table for table, (count, _) in (await rows_of(owner, tenant)).items() if count} == set()
    assert await rows_of(owner, other_tenant) == beside
    assert proved(certificate, pack=verify_exit(place)).rows["customer"] == 1
    assert await it.end((folder,)) == certificate
    kept = backups.read_kept(folder)
    assert (kept.companies, kept.certificates) == ((tenant.id,), {tenant.id: certificate})
    assert list((folder / "files").iterdir()) == []
    assert proved(certificate).head["backups"] == [{"folder": "backup", "bases": ["20260101T000000Z"]}]


async def test_it_takes_two_people_and_the_waiting_time(tenant, asked, leaving, owner):
    with pytest.raises(NoPurge):
        await leaving(tenant).confirm()
    it, place = await asked(tenant)
    before = await rows_of(owner, tenant)

    for refused, by, after in (
        (AnotherPerson, "甲", 31 * DAY),
        (NotDue, "乙", 30 * DAY - timedelta(seconds=1)),
        (NotDue, "乙", timedelta(0)),
    ):
        with pytest.raises(refused):
            await it.confirm(by, after)
    with pytest.raises(PurgeAsked):
        await it.ask(place, by="丁")
    assert await rows_of(owner, tenant) == before
    assert (await registry.by_slug(owner, it.slug)).suspended_at is None

    confirmed = await it.confirm("乙", 30 * DAY)
    assert (confirmed.asked_by, confirmed.confirmed_by) == ("甲", "乙")
    # Who ends what another confirmed changes nothing of who did.
    assert await it.confirm("甲", 40 * DAY) == confirmed


async def test_whoever_waits_longer_says_so_and_nobody_waits_less_than_a_week(tenant, asked, leaving, leave):
    it = leaving(tenant)
    await it.freeze()
    place, _ = await leave(tenant)
    for days in (0, 6, 3_651):
        with pytest.raises(Invalid) as refused:
            await it.ask(place, days=days)
        assert [one.field for one in refused.value.fields] == ["days"]
    with pytest.raises(Invalid):
        await it.ask(place, because=" ")

    assert (await it.ask(place, days=7)).due_at == it.now + 7 * DAY


async def test_only_a_pack_of_all_that_this_company_has_counts(tenant, other_tenant, leaving, leave, owner, world):
    it, other = leaving(tenant), leaving(other_tenant)
    early, _ = await leave(tenant, name="early")
    with pytest.raises(NotFrozen):
        await it.ask(early)
    it.now = world.clock() + timedelta(hours=1)
    await it.freeze()
    await other.freeze()
    foreign, _ = await leave(other_tenant, name="foreign")

    for place in (early, foreign):
        with pytest.raises(OtherPack):
            await it.ask(place)
    assert await registry.purge_of(owner, it.slug) is None


async def test_one_that_was_written_since_is_not_purged_by_the_pack_of_before(tenant, asked, owner):
    it, _ = await asked(tenant)
    await registry.thaw(owner, it.slug)
    with pytest.raises(NotFrozen):
        await it.confirm()
    await registry.freeze(owner, it.slug, because="再来", now=it.now + DAY)

    with pytest.raises(OtherPack):
        await it.confirm()


async def test_it_is_withdrawn_by_a_word_until_it_is_confirmed_and_all_of_it_is_on_record(tenant, client, asked, owner):
    it, place = await asked(tenant)
    await it.withdraw()
    with pytest.raises(NoPurge):
        await it.withdraw()
    with pytest.raises(NoPurge):
        await it.confirm()
    await it.ask(place)

    entries = (await client.get("/api/v1/audit-entries", params={"limit": 50})).json()["items"]
    said = [(one["action"], one["actor_name"], one["purpose"]) for one in entries if one["action"].startswith("purge.")]
    assert said == [
        ("purge.ask", "甲", "合同终止"),
        ("purge.withdraw", "丙", "合同终止"),
        ("purge.ask", "甲", "合同终止"),
    ]
    await registry.thaw(owner, it.slug)


async def test_a_job_that_still_runs_is_waited_for(tenant, asked, owner, monkeypatch):
    it, _ = await asked(tenant)
    monkeypatch.setattr(purging, "RUNNING", "select 1")
    with pytest.raises(StillWorking):
        await it.end()
    assert (await rows_of(owner, tenant))["tenant_key"][0] == 1

    monkeypatch.undo()
    assert proved(await it.end()).rows["tenant_key"] == 1


async def test_files_of_the_store_go_and_those_of_others_stay(tenant, other_tenant, asked, owner, monkeypatch):
    store = MemoryStore()
    places.use_store(store)
    try:
        for company in (tenant, other_tenant):
            opened = await (await company.client()).post("/api/v1/customers", json=CUSTOMER)
            await added(await company.client(), f"/api/v1/customers/{opened.json()['id']}/files", PDF)
        lie = [one["path"] for several in obstore.list(store) for one in several]
        it, _ = await asked(tenant)
        places.use_store(None)
        with pytest.raises(places.StoreAway):
            await it.end()
        assert (await rows_of(owner, tenant))["stored_file"][0] == 1
        places.use_store(store)

        monkeypatch.setattr(obstore, "delete", lambda store, names: None)
        with pytest.raises(FilesLeft):
            await it.end()
        assert (await rows_of(owner, tenant))["stored_file"][0] == 1
        monkeypatch.undo()

        certificate = await it.end()
    finally:
        places.use_store(None)

    stay = [one["path"] for several in obstore.list(store) for one in several]
    assert {path for path in lie if path.startswith(str(tenant.id))} != set()
    assert stay == [path for path in lie if path.startswith(str(other_tenant.id))]
    assert stay != []
    assert proved(certificate).head["files"]["in_store"] == 1


async def test_a_restore_erases_it_again_and_brings_the_certificate_back(tenant, asked, owner, world):
    it, _ = await asked(tenant)
    certificate = "certificate\n"
    await owner.execute("update tenant set frozen_at = null where id = $1", tenant.id)

    gone = await erasure.erase_again(
        owner, [tenant.id], by="operator", now=world.clock(), certificates={tenant.id: certificate}
    )

    assert gone == [it.slug]
    assert await purges.certificate_of(owner, it.slug) == certificate


async def test_any_byte_line_or_order_of_a_certificate_that_was_changed_is_found(
    tenant, client, asked, leave, other_tenant
):
    await client.post("/api/v1/customers", json=CUSTOMER)
    it, place = await asked(tenant)
    foreign, _ = await leave(other_tenant, name="foreign")
    async with other_tenant.scope():
        other_key = (await public_keys())[0]
    certificate = (await it.end()).encode()
    lines, chosen = certificate.splitlines(keepends=True), random.Random(20)

    def wrong(changed):
        try:
            verify_certificate(changed.splitlines(keepends=True))
        except Wrong as found:
            return found.says
        return ""

    assert wrong(certificate) == ""
    changed = [
        certificate[:at] + bytes([certificate[at] ^ (1 << chosen.randrange(7))]) + certificate[at + 1 :]
        for at in range(len(certificate))
    ]
    dropped = [b"".join(lines[:at] + lines[at + 1 :]) for at in range(len(lines))]
    doubled = [b"".join([*lines[:at], lines[at], *lines[at:]]) for at in range(len(lines))]
    moved = [b"".join([*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]) for at in range(len(lines) - 1)]
    cut = [certificate[:at] for at in range(0, len(certificate), 7)]
    kinds = [changed, dropped, doubled, moved, cut]
    assert [[place for place, each in enumerate(kind) if not wrong(each)] for kind in kinds] == [[]] * len(kinds)
    assert len(changed) > 1_500
    for said, because in (({"key": other_key}, "key"), ({"pack": verify_exit(foreign)}, "purge_other_pack")):
        with pytest.raises(Wrong) as found:
            proved(certificate.decode(), **said)
        assert found.value.says == because
    told = dict(sentences_of_certificate(proved(certificate.decode(), pack=verify_exit(place)), pinned=True))
    assert told["purge_confirmed"]["by"] == "乙"
    assert told["purge"]["company"] == tenant.slug
