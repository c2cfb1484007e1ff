"""Making companies: whole, or not at all."""

import pytest

from guibin_tenants import keyring
from guibin_tenants.refusals import Conflict, Invalid


async def test_a_company_starts_with_head_office_and_calendars(world, tenant):
    async with tenant.scope() as scope:
        units = await scope.connection.fetch("select code, parent_id from org_unit")
        calendars = await scope.connection.fetch("select name from calendar_version order by name")

    assert [(u["code"], u["parent_id"]) for u in units] == [("head-office", None)]
    assert [c["name"] for c in calendars] == ["always", "business"]


async def test_a_company_that_could_not_be_furnished_is_not_there(world, monkeypatch):
    keyring.use_root_key()
    with pytest.raises(keyring.KeyringError):
        await world.tenant("half-made")
    keyring.use_root_key(b"\x07" * 32)

    assert (await world.tenant("half-made")).slug == "half-made"


async def test_a_slug_belongs_to_one_company(world, tenant):
    with pytest.raises(Conflict):
        await world.tenant(tenant.slug)


@pytest.mark.parametrize(
    ("slug", "settings", "field"),
    [
        ("Big", {}, "slug"),
        ("a", {}, "slug"),
        ("no_underscore", {}, "slug"),
        ("fine-slug", {"time_zone": "Mars/Olympus"}, "time_zone"),
        ("fine-slug", {"language": "fr"}, "language"),
        ("fine-slug", {"packs": ("lunar",)}, "pack"),
    ],
)
async def test_bad_input_names_the_field(world, slug, settings, field):
    with pytest.raises(Invalid) as refused:
        await world.tenant(slug, **settings)

    assert refused.value.fields[0].field == field
