"""The policy editor: a form per part made from its structs, checked in place, simulated, scheduled, taken back."""

import re
from datetime import timedelta
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


DRAFT = "/console/policy/draft"


async def sent_to(who, path, **given):
    headers = ZH | {"Content-Type": "application/x-www-form-urlencoded"}
    return await who.post(path, content=urlencode(list(given.items())), headers=headers)


async def test_several_changes_are_gathered_and_become_one_version(bank):
    admin = bank["admin"]
    first = await send(admin, "closing", do="draft", restored_days="20")
    second = await send(admin, "questions", do="draft", warn_at_percent="40")
    shown = await page(admin, DRAFT)
    unsaid = await sent_to(admin, DRAFT, do="send")
    sent = await sent_to(admin, DRAFT, do="send", note="as decided")
    after = await policy(admin)

    assert (first.status_code, second.status_code) == (200, 200)
    assert [word for word in ("<b>20</b>", "<b>40</b>", "关闭档案", "客户提问") if word not in shown] == []
    assert (unsaid.status_code, "请填写。" in unsaid.text, sent.status_code) == (422, True, 200)
    assert (after["version"], after["closing"]["restored_days"], after["questions"]["warn_at_percent"]) == (1, 20, 40)
    assert "草稿是空的" in await page(admin, DRAFT)


async def test_others_see_who_is_drafting_which_part_and_not_what(bank):
    await send(bank["admin"], "closing", do="draft", restored_days="87")
    other = await bank["desk"].tenant.staff("second", "tenant_admin")
    overview, form = await page(other, OWN), await page(other, f"{OWN}/closing")

    # Not as a part of an id.
    figure = re.search(r"(?<![\w-])87(?![\w-])", overview.split("<main")[1])
    assert ("admin" in overview, figure) == (True, None)
    assert "admin 正在起草这一部分" in form
    assert 'name="do" value="save"' in form
    assert 'name="do" value="save"' not in await page(bank["admin"], f"{OWN}/closing")


async def test_a_draft_is_taken_apart_and_given_up(bank):
    admin = bank["admin"]
    await send(admin, "closing", do="draft", restored_days="20")
    await send(admin, "questions", do="draft", warn_at_percent="40")
    await sent_to(admin, DRAFT, do="drop:closing")
    less = await page(admin, DRAFT)
    gone = await sent_to(admin, DRAFT, do="give_up")

    assert ("<b>20</b>" in less, "<b>40</b>" in less, gone.status_code) == (False, True, 200)
    assert "草稿是空的" in await page(admin, DRAFT)


async def test_a_new_level_of_complaints_is_added_with_its_name(bank):
    admin = bank["admin"]
    count = len((await policy(admin))["complaints"]["levels"])
    grown = await send(admin, "complaints", do="add:levels")
    fields = [(key, value) for key, value in Sent(grown.text).fields if not key.startswith(f"levels.{count}.@")]
    named = [(key, value) for key, value in fields if key != f"levels.{count}.name"]
    new = [(f"levels.{count}.name", "urgent"), (f"levels.{count}.@zh", "特急"), (f"levels.{count}.@en", "Urgent")]
    body = urlencode([*named, *new, ("do", "save"), ("note", "n")])
    headers = ZH | {"Content-Type": "application/x-www-form-urlencoded"}
    unnamed = await admin.post(
        f"{OWN}/complaints/form?name=", content=urlencode([*fields, ("do", "check")]), headers=headers
    )
    saved = await admin.post(f"{OWN}/complaints/form?name=", content=body, headers=headers)
    after = await policy(admin)

    assert (unnamed.status_code, saved.status_code) == (422, 200)
    assert [one["name"] for one in after["complaints"]["levels"]][-1] == "urgent"
    assert after["texts"]["complaint_level.urgent"] == {"zh": "特急", "en": "Urgent"}


async def test_a_new_service_is_begun_like_another_and_sent_with_the_draft(bank):
    admin = bank["admin"]
    model = (await policy(admin))["service_items"][0]["name"]
    given = {"name": "umbrella", "zh": "雨伞", "en": "Umbrella", "model": model}
    wrong = await sent_to(admin, f"{OWN}/service_items/new", **given | {"name": model})
    added = await sent_to(admin, f"{OWN}/service_items/new", **given)
    form = await page(admin, f"{OWN}/service_items/form?name=umbrella")
    sent = await sent_to(admin, DRAFT, do="send", note="new")
    after = await policy(admin)

    assert (wrong.status_code, added.status_code, "雨伞" in form, sent.status_code) == (422, 200, True, 200)
    made = {one["name"]: one for one in after["service_items"]}
    assert made["umbrella"] == made[model] | {"name": "umbrella"}
    assert after["texts"]["service_item.umbrella.title"] == {"zh": "雨伞", "en": "Umbrella"}


async def test_an_element_is_called_something_else(bank):
    admin = bank["admin"]
    name = (await policy(admin))["service_items"][0]["name"]
    saved = await send(admin, "service_items", name, "save", note="n", **{"@zh": "新名称", "@en": "New name"})

    assert saved.status_code == 200
    assert (await policy(admin))["texts"][f"service_item.{name}.title"] == {"zh": "新名称", "en": "New name"}


async def test_what_refers_to_an_element_is_said_before_it_goes(bank):
    admin = bank["admin"]
    rights = (await policy(admin))["entitlements"]
    corporate = {one["item"] for one in rights if one["scheme"] == "corporate_vip"}
    right = next(one["item"] for one in rights if one["item"] not in corporate)
    asked = await send(admin, "service_items", right, "remove")
    before = await policy(admin)
    await send(admin, "service_items", right, "remove:sure")
    sent = await sent_to(admin, DRAFT, do="send", note="gone")
    after = await policy(admin)

    assert (asked.status_code, "随之没有的有" in asked.text) == (200, True)
    assert (right in {one["name"] for one in before["service_items"]}, sent.status_code) == (True, 200)
    assert right not in {one["name"] for one in after["service_items"]} | {one["item"] for one in after["entitlements"]}


async def shaped(who, scheme, do, html=None, **changed):
    """The form of a standard sent back as it stands, with these fields otherwise."""
    path = f"{OWN}/schemes/form?{urlencode({'name': scheme})}"
    html = html or await page(who, path)
    fields = [(key, value) for key, value in Sent(html).fields if key not in changed]
    headers = ZH | {"Content-Type": "application/x-www-form-urlencoded"}
    return await who.post(path, content=urlencode([*fields, *changed.items(), ("do", do)]), headers=headers)


async def test_a_condition_becomes_a_group_of_conditions_without_a_word_of_json(bank):
    admin = bank["admin"]
    scheme = next(one for one in (await policy(admin))["schemes"] if any(t["criterion"] for t in one["tiers"]))
    place, tier = next((n, t) for n, t in enumerate(scheme["tiers"]) if t["criterion"])
    at, metric = f"tiers.{place}.criterion", next(one["name"] for one in scheme["metrics"] if one["unit"] == "CNY")
    group = await shaped(admin, scheme["name"], f"shape:{at}", **{f"{at}.type": "all_of"})
    count = len(tier["criterion"].get("criteria", [0]))
    grown = await shaped(admin, scheme["name"], f"add:{at}.criteria", group.text)
    new = f"{at}.criteria.{count}"
    between = await shaped(admin, scheme["name"], f"shape:{new}", grown.text, **{f"{new}.type": "between"})
    bounds = {f"{new}.metric": metric, f"{new}.low": "12.5", f"{new}.high": "2,000"}
    wrong = await shaped(admin, scheme["name"], "save", between.text, note="n", **bounds | {f"{new}.low": "few"})
    saved = await shaped(admin, scheme["name"], "draft", between.text, note="n", **bounds)
    draft = (await admin.get("/api/v1/policy/draft")).json()

    made = next(one for one in draft["overrides"]["schemes"] if one["name"] == scheme["name"])["tiers"][place]
    before = tier["criterion"] if "criteria" not in tier["criterion"] else None
    assert (wrong.status_code, saved.status_code) == (422, 200)
    assert made["criterion"]["type"] == "all_of"
    assert made["criterion"]["criteria"][-1] == {
        "type": "between",
        "metric": metric,
        "low": 1_250,
        "high": 200_000,
    }
    assert before is None or made["criterion"]["criteria"][0] == before


async def test_a_condition_is_taken_away_and_a_group_becomes_one_bound_again(bank):
    admin = bank["admin"]
    scheme = next(one for one in (await policy(admin))["schemes"] if any(t["criterion"] for t in one["tiers"]))
    place = next(n for n, t in enumerate(scheme["tiers"]) if t["criterion"])
    at = f"tiers.{place}.criterion"
    group = await shaped(admin, scheme["name"], f"shape:{at}", **{f"{at}.type": "any_of"})
    one = await shaped(admin, scheme["name"], f"shape:{at}", group.text, **{f"{at}.type": "at_most"})
    none = await shaped(admin, scheme["name"], "draft", one.text, **{f"{at}.type": ""})
    made = (await admin.get("/api/v1/policy/draft")).json()["overrides"]["schemes"][0]["tiers"][place]

    assert 'value="at_most" selected' in one.text
    assert (none.status_code, made["criterion"]) == (200, None)


@pytest.mark.rule("S04-4")
async def test_restoring_by_page_waits_for_the_approval_too(bank):
    admin, desk = bank["admin"], bank["desk"]
    made = (await send(admin, "settings", GOLD, "save", value="6,000,000", note="提高门槛")).headers["HX-Trigger"]
    proposal = (await admin.get("/api/v1/policy/proposals")).json()["items"][0]
    president = await desk.tenant.staff("president", "president")
    decided = await president.post(
        f"/api/v1/approvals/{proposal['approval_id']}/decision", json={"approved": True, "reason": "agreed"}
    )
    back = await sent_to(admin, "/console/policy/versions/0", do="restore", note="as before")

    assert ("proposals" in made, decided.status_code, back.status_code) == (True, 200, 200)
    assert "/console/policy/proposals/" in back.headers["HX-Trigger"]
    assert setting(await policy(admin), GOLD) == 600_000_000


async def test_how_many_complaints_would_have_been_late_is_said_before_a_limit_is_saved(bank):
    admin, clock = bank["admin"], bank["desk"].tenant.world.clock
    taken = await admin.post("/api/v1/complaints", json={"text": "等了很久", "channel": "phone"})
    level = taken.json()["level"]
    levels = (await policy(admin))["complaints"]["levels"]
    place = next(n for n, one in enumerate(levels) if one["name"] == level)
    clock.set(clock() + timedelta(hours=2))
    limit = {f"levels.{place}.resolve_within.count": "1", f"levels.{place}.resolve_within.type": "hours"}
    shown = await send(admin, "complaints", do="simulate", **limit)
    wrong = await send(admin, "complaints", do="simulate", **limit | {f"levels.{place}.resolve_within.count": "soon"})

    assert (taken.status_code, shown.status_code, wrong.status_code) == (201, 200, 422)
    assert "0 件换了级别；超时 0 件，改后 1 件" in shown.text
    assert (await policy(admin))["version"] == 0


async def test_quotas_cadences_and_the_draft_are_tried_on_last_quarter(bank):
    admin, said = bank["admin"], {}
    for section, changed in (("entitlements", {"quota": "1"}), ("cadences", {"times": "9"})):
        listed = re.findall(rf'href="{OWN}/{section}/form\?name=([^"]*)"', await page(admin, f"{OWN}/{section}"))
        name = unquote_plus(unescape(listed[0])) if listed else ""
        said[section] = await send(admin, section, name, "simulate", **changed)
        gathered = await send(admin, section, name, "draft", **changed)
        assert gathered.status_code in (200, 204), gathered.text[-500:]
    headers = ZH | {"Content-Type": "application/x-www-form-urlencoded"}
    draft = await admin.post("/console/policy/draft", content=urlencode({"do": "simulate"}), headers=headers)

    assert [each.status_code for each in (*said.values(), draft)] == [200, 200, 200]
    assert "试算上季度" in said["entitlements"].text
    for found in (said["cadences"].text, draft.text):
        assert all(word in found for word in ("联系频次：上季到期的", "改后未联系", "试算：近三个月的投诉"))
    assert (await policy(admin))["version"] == 0
