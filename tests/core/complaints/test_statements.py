"""How many statements a complaint costs: each is a round trip that whoever is on the telephone waits for."""

import pytest
from statements import counted

PATH = "/api/v1/complaints"
COMPLAINT = {"text": "客厅机顶盒没有画面", "channel": "phone"}
REMEDY = {"remedy": "更换机顶盒"}
# With BEGIN and COMMIT, once what a process remembers is known.
INTAKE, FORM, RESOLUTION = 8, 4, 10


@pytest.fixture
async def warm(client):
    """A complaint was taken in, looked at and resolved before."""
    received = (await client.post(PATH, json=COMPLAINT)).json()
    await client.get(f"{PATH}/{received['id']}")
    await client.post(f"{PATH}/{received['id']}/resolution", json=REMEDY)
    return client


async def test_a_complaint_costs_so_many_statements(warm, monkeypatch):
    with counted(monkeypatch) as intake:
        received = await warm.post(PATH, json=COMPLAINT)
    path = f"{PATH}/{received.json()['id']}"
    with counted(monkeypatch) as form:
        shown = await warm.get(path)
    with counted(monkeypatch) as resolution:
        resolved = await warm.post(f"{path}/resolution", json=REMEDY)

    assert [answer.status_code for answer in (received, shown, resolved)] == [201, 200, 201]
    assert (len(intake), len(form), len(resolution)) == (INTAKE, FORM, RESOLUTION), [*intake, *form, *resolution]


async def test_a_full_form_costs_as_much_as_an_empty_one(warm, monkeypatch):
    received = (await warm.post(PATH, json=COMPLAINT)).json()
    path = f"{PATH}/{received['id']}"
    for text in ("已联系", "已上门"):
        await warm.post(f"{path}/notes", json={"text": text})
    await warm.post(f"{path}/intakes", json={"channel": "web"})
    await warm.post(f"{path}/pauses", json={"reason": "等客户回电"})
    await warm.post(f"{path}/resolution", json=REMEDY)

    with counted(monkeypatch) as form:
        shown = (await warm.get(path)).json()

    assert [len(shown[part]) for part in ("notes", "intakes", "pauses", "resolutions")] == [2, 1, 1, 1]
    assert len(form) == FORM
