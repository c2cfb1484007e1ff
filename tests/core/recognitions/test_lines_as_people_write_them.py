"""S03-5: the main line is recognised however the archive has it: with extension, brackets, dashes, marks nobody sees."""

import pytest

URL = "/api/v1/recognitions"
ARCHIVE = {"number": "DK1", "name": "锦江宾馆", "kind": "group"}


async def recognised(client, phone):
    answer = await client.post(URL, json={"phone": phone})
    assert answer.status_code in (200, 201), answer.text
    found = answer.json()
    return found["outcome"], found["customer"] and found["customer"]["number"]


@pytest.mark.rule("S03-5")
@pytest.mark.parametrize(
    "kept",
    [
        "028-87654321-801",
        "028—87654321转801",
        "（028）8765-4321 分机801",
        "\u202a028\u00a08765\u200b4321\u202c",
        "+86 (0)28 8765 4321 ext. 801",
        "028一87654321",
    ],
)
async def test_the_main_line_is_recognised(client, kept):
    added = await client.post("/api/v1/customers", json=ARCHIVE | {"confidential": {"phone": kept}})
    assert added.status_code == 201, added.text

    for calling in ("02887654321", "+862887654321", "tel:+86-28-8765-4321", "028—87654321"):
        assert await recognised(client, calling) == ("recognised", "DK1")
    assert await recognised(client, "02887654322") == ("unknown", None)
