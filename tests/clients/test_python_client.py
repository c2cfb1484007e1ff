"""guibin-client is made of the API's document, whole and without a warning, and does with a company what its user means."""

import importlib
import sys
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory, shared_application):
    """The client of the application that is tested, and its document."""
    sys.path.insert(0, str(ROOT / "clients/python"))
    try:
        make = importlib.import_module("make")
        document = make.document(shared_application[0])
        folder = tmp_path_factory.mktemp("client")
        make.made(folder / "guibin-client", document)
        sys.path.insert(0, str(folder / "guibin-client"))
        yield folder / "guibin-client" / "guibin_client", document
    finally:
        sys.path[:] = [each for each in sys.path if not each.endswith(("clients/python", "guibin-client"))]


@pytest.fixture
async def caller(made, world, tenant):
    """The client of a company, in this process."""
    types = importlib.import_module("guibin_client")
    return types.AuthenticatedClient(
        base_url="http://guibin.test",
        token=await tenant.key(),
        httpx_args={"transport": httpx.ASGITransport(app=world.app)},
    )


def of(address):
    return importlib.import_module(f"guibin_client.api.{address}")


def model(name):
    return getattr(importlib.import_module("guibin_client.models"), name)


def test_every_operation_is_there(made):
    folder, document = made
    written = [each for each in (folder / "api").rglob("*.py") if each.name != "__init__.py"]

    assert len(written) == document.count(b'"operationId"')


async def test_a_complaint_is_taken_in_and_read(caller):
    receive, show = of("complaints.api_v1_complaints_receive"), of("complaints.api_v1_complaints_complaint_id_show")

    taken = await receive.asyncio(client=caller, body=model("NewComplaint")(text="机顶盒坏了", channel="phone"))
    read = await show.asyncio(taken.id, client=caller)

    assert (type(read).__name__, read.text, read.state) == ("ComplaintForm", "机顶盒坏了", "open")
    assert read.received_at.utcoffset() is not None


async def test_a_refusal_is_a_problem_with_its_fields(caller):
    receive = of("complaints.api_v1_complaints_receive")

    refused = await receive.asyncio_detailed(
        client=caller, body=model("NewComplaint")(text="机顶盒坏了", channel="carrier_pigeon")
    )

    assert (int(refused.status_code), type(refused.parsed).__name__) == (422, "Problem")
    assert [error.field for error in refused.parsed.errors] == ["channel"]
