"""A company with everything, and how its pack is written."""

import pytest
from running import come_round
from table_rows import insert, values_for

from guibin.catalog import TABLES
from guibin.evidence.jobs import SequenceEvidence
from guibin.exits import actions
from guibin.exits.requests import NewExit
from guibin.policies.queries import act_of
from guibin_tenants import keyring
from guibin_tenants.keyring import Place
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.scope import fetch_value
from guibin_tenants.tables import TenantTable, new_id

from .filling import FAR_OFF, ITS_OWN, OF_THE_COMPANY, WHY


@pytest.fixture
def leave(tmp_path):
    """Write the company's pack, as its operator."""

    async def run(company, name="pack", **said):
        by = Principal(kind="operator", id=new_id(), name="operator 测试", permissions=PERMISSIONS, address="cli")
        place = tmp_path / name
        async with company.scope():
            act = await act_of(company.world.packs, company.context(), by=by, now=company.world.clock())
            done = await actions.write(place, NewExit(**(WHY | said)), act, say=lambda said: None)
        return place, done

    return run


@pytest.fixture
async def filled(world):
    """Companies with a row in every table of the core and of every pack there is, whatever is sealed sealed as its slice does."""

    async def run():
        company, rows, said = await world.tenant(packs=tuple(world.packs.names)), {}, {}
        await (await company.client()).get("/api/v1/evidence")
        await come_round(company, SequenceEvidence())
        packs = [table for schema in world.packs.schemas() for table in schema.tables]
        async with company.scope() as scope:
            rows["evidence_checkpoint"] = await fetch_value("select id from evidence_checkpoint")
            for table in (*TABLES, *packs):
                name = table._meta.tablename
                if not issubclass(table, TenantTable) or name in ITS_OWN:
                    continue
                row = values_for(table, company.id, rows, identifier=new_id())
                if name == "policy_version":
                    row |= {"effective_from": FAR_OFF, "written_at": FAR_OFF}
                for column in [c._meta.db_column_name for c in table._meta.columns]:
                    if type(row.get(column)) is bytes and ("sealed" in column or column == "envelope"):
                        key = await keyring.tenant_key()
                        if name not in OF_THE_COMPANY:
                            key = await keyring.subject_key(rows["customer"])
                        said[name, column] = f"clear {name}.{column}"
                        place = Place(name, column, row["id"])
                        row[column] = keyring.seal(key, place, said[name, column])
                rows[name] = await insert(scope.connection, table, row)
        return company, rows, said

    return run
