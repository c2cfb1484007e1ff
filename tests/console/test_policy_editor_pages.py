"""The policy editor: a form per part made from its structs, checked in place, simulated, scheduled, taken back."""

import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote_plus, urlencode

import pytest
from desk import open_desk

OWN = "/console/policy/own"
GOLD = "corporate_deposit_gold"
ZH = {"Accept-Language": "zh-CN"}
# Of a part with more elements, these are tried.
TRIED_MAX = 4


class Sent(HTMLParser):
    """What a browser would send of the page's form."""

    def __init__(self, html):
        super().__init__()
        self.fields, self._area, self._select, self._inside = [], None, None, False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self._inside = "hx-post" in given
        if not self._inside:
            return
        name, value = given.get("name"), given.get("value", "")
        if tag == "input" and name and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self.fields.append((name, value))
        elif tag == "textarea":
            self._area = [name, ""]
        elif tag == "select":
            self._select = [name, None, None]
        elif tag == "option" and self._select:
            self._select[1] = value if self._select[1] is None else self._select[1]
            if "selected" in given:
                self._select[2] = value

    def handle_data(self, data):
        if self._area:
            self._area[1] += data

    def handle_endtag(self, tag):
        if tag == "textarea" and self._area:
            self.fields.append(tuple(self._area))
            self._area = None
        elif tag == "select" and self._select:
            name, first, chosen = self._select
            self.fields.append((name, first if chosen is None else chosen))
            self._select = None
        elif tag == "form":
            self._inside = False


@pytest.fixture
async def bank(world):
    desk = await open_desk(world, "banking")
    await desk.tenant.unit("moyu")
    return {
        "desk": desk,
        "admin": await desk.tenant.staff("admin", "tenant_admin"),
        "corporate": await desk.tenant.staff("corporate", "corporate_department"),
        "agent": await desk.tenant.staff("agent", "agent", unit="moyu"),
    }


async def page(who, path, status=200):
    answer = await who.get(path, headers=ZH)
    assert answer.status_code == status, answer.text[-2000:]
    return answer.text


async def send(who, section, name="", do="check", leave=(), **changed):
    path = f"{OWN}/{section}/form?{urlencode({'name': name})}"
    given = Sent(await page(who, path)).fields
    kept = [(key, value) for key, value in given if key not in changed and key not in leave]
    body = urlencode([*kept, *changed.items(), ("do", do)])
    headers = ZH | {"Content-Type": "application/x-www-form-urlencoded"}
    return await who.post(path, content=body, headers=headers)


async def policy(who):
    return (await who.get("/api/v1/policy")).json()


def setting(found, name):
    return next(one["value"] for one in found["settings"] if one["name"] == name)


@pytest.mark.parametrize("pack", ["banking", "cable_tv"])
async def test_every_part_has_a_form_that_says_what_is_so(world, pack):
    desk = await open_desk(world, pack)
    admin = await desk.tenant.staff("admin", "tenant_admin")
    sections = sorted(set(re.findall(rf'href="{OWN}/([a-z_]+)"', await page(admin, OWN))))
    wrong, tried = [], 0
    for section in sections:
        listed = re.findall(rf'href="{OWN}/{section}/form\?name=([^"]*)"', await page(admin, f"{OWN}/{section}"))
        for name in [unescape(one) for one in listed[:TRIED_MAX]] or [""]:
            tried += 1
            answer = await send(admin, section, unquote_plus(name))
            if answer.status_code != 422 or "与现行的一样，没有改动" not in answer.text:
                wrong.append(
                    (
                        section,
                        name,
                        answer.status_code,
                        re.findall(r'(?s)id="changes">.*?</table>|role="alert">.*?</div>', answer.text)[:1],
                    )
                )

    assert (wrong, tried > 60) == ([], True)


async def test_a_figure_is_checked_then_saved_and_nothing_else_changes(bank):
    admin = bank["admin"]
    before = await policy(admin)
    given = {"restored_days": "20"}
    checked = await send(admin, "closing", **given)
    unsaid = await send(admin, "closing", do="save", **given)
    saved = await send(admin, "closing", do="save", note="as decided", **given)
    after = await policy(admin)

    assert [word for word in ("改了什么", "与行业包的差别", "<b>20</b>") if word not in checked.text] == []
    assert (unsaid.status_code, "请填写。" in unsaid.text, saved.status_code) == (422, True, 200)
    assert after["closing"] == before["closing"] | {"restored_days": 20}
    assert after | {"closing": 0, "version": 0} == before | {"closing": 0, "version": 0}


async def test_what_is_wrong_is_said_at_its_field_and_what_was_written_stays(bank):
    answer = await send(bank["admin"], "complaints", do="save", note="n", **{"levels.0.resolve_within.count": "soon"})
    broken = await send(bank["admin"], "complaints", do="save", note="n", default_level="not-a-level")

    assert (answer.status_code, 'value="soon"' in answer.text) == (422, True)
    assert re.search(r'id="c-levels-0-resolve_within"[^>]*aria-invalid="true"', answer.text)
    assert (broken.status_code, "not-a-level" in broken.text and "没有保存" in broken.text) == (422, True)
    assert (await policy(bank["admin"]))["version"] == 0


async def test_rows_are_added_and_removed(bank):
    admin = bank["admin"]
    levels = (await policy(admin))["complaints"]["levels"]
    grown = await send(admin, "complaints", do="add:levels.0.escalations")
    fewer = await send(admin, "complaints", do="save", note="n", **{"levels.0.escalations.0.~": "1"})
    after = (await policy(admin))["complaints"]["levels"]

    count = len(levels[0]["escalations"])
    assert f'name="levels.0.escalations.#" value="{count + 1}"' in grown.text
    assert (fewer.status_code, after[0]["escalations"]) == (200, levels[0]["escalations"][1:])
    assert after[1:] == levels[1:]


@pytest.mark.rule("S04-4")
async def test_a_post_sends_its_own_figure_for_approval_and_no_other(bank):
    sent = await send(bank["corporate"], "settings", GOLD, "save", value="6,000,000", note="提高门槛")
    other = await send(bank["corporate"], "closing", do="save", note="n", restored_days="20")
    nobody = await bank["agent"].get(OWN)

    assert "/console/policy/proposals/" in sent.headers["HX-Trigger"]
    assert (other.status_code, nobody.status_code) == (403, 403)
    assert setting(await policy(bank["admin"]), GOLD) == 500_000_000


async def test_who_would_move_is_said_before_a_threshold_is_saved(bank):
    admin, desk = bank["admin"], bank["desk"]
    customer = await desk.customer("C1", "corporate")
    answer = await send(admin, "settings", GOLD, "simulate", value="6,000,000")

    assert customer
    assert (answer.status_code, "试算：谁会变动" in answer.text, "1 位客户" in answer.text) == (200, True, True)


async def test_a_change_is_scheduled_cancelled_and_an_earlier_version_brought_back(bank):
    admin = bank["admin"]
    day = bank["desk"].tenant.world.clock().date().replace(year=bank["desk"].tenant.world.clock().year + 1).isoformat()
    await send(admin, "closing", do="save", note="later", restored_days="20", effective_on=day)
    listed = await page(admin, OWN)
    cancelled = await admin.post("/console/policy/versions/1", data={"do": "cancel", "note": "not yet"}, headers=ZH)
    again = await admin.post("/console/policy/versions/1", data={"do": "cancel", "note": "not yet"}, headers=ZH)
    await send(admin, "closing", do="save", note="now", restored_days="25")
    back = await admin.post("/console/policy/versions/0", data={"do": "restore", "note": "as before"}, headers=ZH)

    assert ("待生效" in listed, cancelled.status_code, again.status_code) == (True, 200, 409)
    assert (back.status_code, (await policy(admin))["closing"]["restored_days"]) == (200, 30)


async def test_the_packs_hold_again_where_the_company_gives_its_own_up(bank):
    admin = bank["admin"]
    await send(admin, "closing", do="save", note="now", restored_days="25")
    shown = await page(admin, f"{OWN}/closing")
    back = await send(admin, "closing", do="back", note="again")

    assert ("行业包：30" in shown, back.status_code) == (True, 200)
    assert (await policy(admin))["closing"]["restored_days"] == 30


async def test_what_is_none_of_its_parts_is_not_found(bank):
    for path in (f"{OWN}/nothing", f"{OWN}/settings/form?name=nothing", "/console/policy/versions/9"):
        await page(bank["admin"], path, 404)
