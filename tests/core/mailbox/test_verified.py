"""Only what the company's own receiving server found of a sender is believed; a mail goes along with its archive (S01-7, S14-2)."""

import pytest
from mails import BOXES, PATH, mail, open_door

OWN = "mx.guibin.example"


async def shown(house, answer):
    found = (await house.client.get(f"{PATH}/{answer['id']}")).json()
    return found["spf"], found["dkim"], found["dmarc"]


@pytest.mark.rule("S01-7")
@pytest.mark.parametrize(
    ("head", "found"),
    [
        (
            f"{OWN}; spf=pass smtp.mailfrom=qq.com; dkim=fail (dkim=pass) header.d=qq.com; dmarc=none",
            ("pass", "fail", "none"),
        ),
        ("MX.Guibin.Example 1; spf=softfail", ("softfail", "", "")),
        ("mx.evil.example; spf=pass; dkim=pass; dmarc=pass", ("", "", "")),
        (f"mx.evil.example ({OWN}); spf=pass", ("", "", "")),
        (f"{OWN}; none", ("", "", "")),
    ],
)
async def test_what_the_own_server_wrote_is_shown_and_nobody_elses(house, head, found):
    door = await open_door(house.client, house.clock, receiving_server=OWN)

    taken = await door.hand(mail(Authentication_Results=head))

    assert await shown(house, taken) == found


@pytest.mark.rule("S01-7")
async def test_the_last_server_has_the_first_word_and_without_a_name_nobody_has(house):
    door = await open_door(house.client, house.clock, receiving_server=OWN)
    forged = f"Authentication-Results: {OWN}; spf=pass; dkim=pass\r\n".encode()
    true = f"Authentication-Results: {OWN}; spf=fail\r\n".encode()

    both = await door.hand(true + forged + mail())
    changed = await house.client.post(f"{BOXES}/{door.box}/receiving-server", json={"receiving_server": ""})
    nobody = await door.hand(true + mail(message_id="<2@qq.com>"))

    assert await shown(house, both) == ("fail", "", "")
    assert (changed.json()["receiving_server"], await shown(house, nobody)) == ("", ("", "", ""))


@pytest.mark.rule("S14-2")
async def test_mails_and_calls_go_along_when_two_archives_become_one_and_come_back(house):
    boss = await house.tenant.staff("boss", "manager", "tenant_admin")
    came = await house.door.hand(mail())
    calling = {"phone": "13800000000", "customer_id": house.customer}
    call = (await house.client.post("/api/v1/hotline-calls", json=calling)).json()
    body = {"number": "K2", "kind": "leader", "name": "王伟"}
    kept = (await house.client.post("/api/v1/customers", json=body)).json()["id"]
    path = f"/api/v1/customers/{kept}/merges"

    async def whose():
        places = (f"{PATH}/{came['id']}", f"/api/v1/hotline-calls/{call['id']}")
        return [(await house.client.get(place)).json()["customer_id"] for place in places]

    before = await whose()
    one = await boss.post(path, json={"merged_id": house.customer, "reason": "同一个人"})
    assert one.status_code == 201, one.text
    moved = await whose()
    # Both stand sealed under the key of the archive that went.
    number = await boss.post(
        f"/api/v1/hotline-calls/{call['id']}/disclosures", json={"purpose": "回电客户", "leaves_to": "nobody"}
    )
    answered = await house.desk.post(f"{PATH}/{came['id']}/answers", json={"text": "收到"})
    again = await boss.post(f"{path}/{one.json()['id']}/undoing", json={"reason": "是两个人"})

    assert (before, moved, await whose()) == ([house.customer] * 2, [kept] * 2, [house.customer] * 2), one.text
    assert number.json()["number"].endswith("13800000000"), number.text
    assert answered.json()["type"] == "/problems/not-answered"  # a company without a channel for mail
    assert again.status_code in (200, 201), again.text
