"""A company whose record is sequenced as the worker would do it."""

import pytest
from looking import CUSTOMER
from running import come_round

from guibin.evidence.jobs import SequenceEvidence
from guibin_tenants.scope import fetch


@pytest.fixture
async def opened(client):
    """A customer."""
    return (await client.post("/api/v1/customers", json=CUSTOMER)).json()["id"]


@pytest.fixture
def sequenced(tenant):
    """Sequence what was committed; all entries by now."""

    async def run(company=tenant):
        await come_round(company, SequenceEvidence(whole=True))
        async with company.scope():
            return await fetch("select * from evidence_entry order by position")

    return run
