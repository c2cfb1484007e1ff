"""A person without a resident identity card is known by another document: sealed, masked, found, one person's alone (S08-3)."""

import pytest

NUMBERS = {
    "passport": ("E12345678", "E*****678"),
    "home_return_permit": ("H1234567801", "H*******801"),
    "taiwan_permit": ("12345678", "1****678"),
    "residence_permit": ("911124198111081033", "9**************033"),
}


async def opened(client, number="K1", **given):
    return await client.post("/api/v1/customers", json={"number": number, "name": "陈大文", "kind": "leader", **given})


@pytest.mark.parametrize("kind", NUMBERS)
async def test_it_is_masked_by_its_kind_and_finds_its_person_alone(client, kind):
    number, mask = NUMBERS[kind]
    one = (await opened(client, confidential={kind: number})).json()
    await opened(client, "K2", confidential={kind: "E87654321"} if kind == "passport" else {})

    found = (await client.post("/api/v1/customers/searches", json={"q": f" {number.lower()} "})).json()["items"]

    assert one["masked"] == {kind: [mask]}
    assert [each["number"] for each in found] == ["K1"]


async def test_what_cannot_be_one_is_refused_without_being_repeated(client):
    answer = await opened(client, confidential={"home_return_permit": "X99999999"})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "confidential.home_return_permit")
    assert "X99999999" not in answer.text


async def test_an_organisation_has_none(client):
    answer = await client.post(
        "/api/v1/customers",
        json={"number": "G1", "name": "锦江宾馆", "kind": "group", "confidential": {"passport": "E12345678"}},
    )

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "confidential.passport")
