"""`guibin tenant purge` as two operators type it; killed at every step, the same command ends it."""

import asyncio
import json
import os
import sys

import pytest
from looking import CUSTOMER

from guibin.cli import environment
from guibin_tenants import registry

WHY = ("--purpose", "合同到期，移交数据")
# As a process of an operator's, who is somebody else than whoever asked, on whichever machine this runs.
KILLED = (
    "import sys; from guibin.watch import failpoints; failpoints.arm(failpoints.armed_by(sys.argv.pop(1)));"
    " from guibin.cli import main; main()"
)


@pytest.fixture
def person(monkeypatch):
    """Be this one at the terminal."""

    def sit(name):
        monkeypatch.setattr(environment, "person", lambda: environment.operator(name))

    return sit


@pytest.fixture
def asked(guibin, person, owner):
    async def run(company):
        person("alice")
        frozen = await guibin("tenant", "freeze", company.slug, "--because", "合同终止", "--json")
        packed = await guibin("tenant", "exit", company.slug, "--to", f"pack-{company.slug}", *WHY)
        told = await guibin(
            "tenant", "purge", "ask", company.slug, "--pack", f"pack-{company.slug}", "--because", "合同终止"
        )
        assert [each[0] for each in (frozen, packed, told)] == [0, 0, 0], (frozen, packed, told)
        assert json.loads(frozen[1])["at_rest"]

    return run


async def overdue(owner, company):
    """A month later, and suspended for longer than anything takes to settle."""
    await owner.execute(
        "update tenant set purge = jsonb_set(purge, '{due_at}', to_jsonb(now() - interval '1 hour')),"
        " suspended_at = now() - interval '1 minute' where id = $1",
        company.id,
    )


def confirm(company, *more):
    return (
        "tenant",
        "purge",
        "confirm",
        company.slug,
        "--certificate",
        f"{company.slug}.cert",
        "--yes",
        company.slug,
        *more,
    )


async def test_one_asks_another_confirms_and_the_certificate_is_checked_without_a_database(
    tenant, client, guibin, person, asked, owner, tmp_path
):
    await client.post("/api/v1/customers", json=CUSTOMER)
    await asked(tenant)
    early = await guibin("tenant", "purge", "show", tenant.slug)
    person("bob")
    soon = await guibin(*confirm(tenant))
    erased = await guibin("tenant", "erase", tenant.slug, "--yes", tenant.slug)
    await overdue(owner, tenant)
    person("alice")
    alone = await guibin(*confirm(tenant))
    person("bob")
    unsure = await guibin(*confirm(tenant)[:-1], "another")
    done = await guibin(*confirm(tenant), "--json")
    again = await guibin("tenant", "purge", "show", tenant.slug, "--certificate", "again.cert", "--json")
    checked = await guibin("tenant", "purge", "check", f"{tenant.slug}.cert", "--pack", f"pack-{tenant.slug}")
    (tmp_path / "changed.cert").write_text((tmp_path / "again.cert").read_text().replace("bob", "eve"))
    changed = await guibin("tenant", "purge", "check", "changed.cert")

    assert [each[0] for each in (early, soon, erased, alone, unsure)] == [0, 1, 1, 1, 1]
    assert [each[0] for each in (done, again, checked, changed)] == [0, 0, 0, 1], (done, again, checked)
    assert "operator alice" in early[1]
    assert "may be purged from" in soon[2]
    assert "withdraw" in erased[2]
    assert "operator alice asked" in alone[2]
    assert json.loads(done[1])["rows"] > 20
    assert (tmp_path / "again.cert").read_bytes() == (tmp_path / f"{tenant.slug}.cert").read_bytes()
    for said in (
        f"Everything of {tenant.slug} was destroyed",
        "operator bob, another person",
        "the exit pack that you hold",
    ):
        assert said in checked[1] + checked[2]
    assert "The certificate was changed" in changed[2]


async def test_an_auditor_checks_it_with_nothing_of_ours(tenant, guibin, person, asked, owner, tmp_path):
    await asked(tenant)
    await overdue(owner, tenant)
    person("bob")
    assert (await guibin(*confirm(tenant)))[0] == 0

    place = f"pack-{tenant.slug}"
    words = ["guibin-verify.py", f"{tenant.slug}.cert", "--exit", place, "--language", "zh"]
    code = "import sys, runpy; sys.modules['guibin'] = sys.modules['guibin_tenants'] = None;"
    code += f" sys.argv = {words!r}; runpy.run_path('{place}/guibin-verify.py', run_name='__main__')"
    found = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=-1, stderr=-1, cwd=tmp_path)
    out, err = await found.communicate()

    assert found.returncode == 0, err.decode()
    assert f"{tenant.slug} 的全部数据已于" in out.decode()
    assert "与你手中的离场包一致" in out.decode()


@pytest.mark.parametrize("step", ["files", "backups", "rows", "committed", "finished"])
async def test_killed_at_a_step_the_same_command_ends_it(
    tenant, other_tenant, addresses, guibin, person, asked, owner, tmp_path, step
):
    await asked(tenant)
    await overdue(owner, tenant)
    killed = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        KILLED,
        f"purge.{step}:kill",
        *confirm(tenant),
        env=os.environ | addresses,
        cwd=tmp_path,
        stdout=-1,
        stderr=-1,
    )
    _, err = await killed.communicate()
    assert killed.returncode == -9, err.decode()
    assert not (tmp_path / f"{tenant.slug}.cert").exists()
    assert (await registry.purge_of(owner, tenant.slug)).confirmed_by not in ("", "operator alice")

    person("carol")
    ended = await guibin(*confirm(tenant))
    checked = await guibin("tenant", "purge", "check", f"{tenant.slug}.cert", "--pack", f"pack-{tenant.slug}")

    assert [each[0] for each in (ended, checked)] == [0, 0], (ended, checked)
    assert (
        await owner.fetchval("select count(*) from tenant where erased_at is null and slug = $1", other_tenant.slug)
        == 1
    )
    assert (await registry.purge_of(owner, tenant.slug)).confirmed_by != "operator carol"


def test_who_somebody_is_is_not_taken_from_what_anybody_sets(monkeypatch):
    monkeypatch.setenv("USER", "mallory")
    monkeypatch.setenv("LOGNAME", "mallory")
    monkeypatch.delenv("SUDO_USER", raising=False)

    assert environment.person().name != "operator mallory"
