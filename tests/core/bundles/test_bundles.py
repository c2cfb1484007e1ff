"""Bundles: exported, read elsewhere, the same again; conflicts are said before anything is written, and it is all or nothing."""

import json
import tomllib

import msgspec
import pytest
from receiving import send

from guibin.bundles.values import Bundle, BundledScript, read, written
from guibin.policy.packs import Overrides
from guibin.scripts.requests import NewScriptCase
from guibin_tenants.refusals import Invalid
from guibin_tenants.scope import fetch_value

SOURCE = (
    "def suggest_level(draft: ComplaintDraft) -> LevelSuggestion | None:\n"
    "    if '顶层' in draft.text:\n"
    '        return LevelSuggestion("3", because="\\"整栋楼\\"受影响\\\\")\n'
    "    return None\n"
)
GIVEN = json.dumps({"draft": {"text": "顶层", "channel": "phone", "customer_kind": None}}, ensure_ascii=False)
OWN = {
    "complaints": {
        "levels": [
            {
                "name": "1",
                "resolve_within": {"type": "hours", "count": 4},
                "escalations": [{"role": "manager", "after_minutes": 0}],
            }
        ],
        "default_level": "1",
    },
    "automations": [
        {
            "name": "third",
            "when": {"type": "adds_up", "event": "complaint_received", "times": 3, "days": 30},
            "condition": {
                "type": "every_of",
                "criteria": [
                    {"type": "holds_tier", "tiers": []},
                    {"type": "says", "payload": "level", "values": ["1"]},
                ],
            },
            "then": [{"type": "open_task", "text": '致电"客户"\n道歉', "role": "manager", "within_hours": 24}],
        }
    ],
    "switched_off": ["care"],
    "texts": {"automation.third": {"zh": "三次投诉", "en": "Three complaints"}},
}


async def admin_of(tenant):
    return await tenant.staff("bundler", "tenant_admin")


async def with_rules(admin, overrides=OWN):
    await send(admin, "/api/v1/policy/versions", {"note": "自己的", "overrides": overrides})
    script = await send(admin, "/api/v1/scripts", {"name": "楼宇", "hook": "suggest_level", "source": SOURCE})
    case = {"name": "一", "given": GIVEN, "expects": "null"}
    kept = await admin.put(f"/api/v1/scripts/{script['id']}/cases", json={"cases": [case]})
    assert kept.status_code == 200, kept.text
    return script


async def exported(admin):
    answer = await admin.get("/api/v1/bundle")
    assert answer.status_code == 200, answer.text
    return answer.json()["toml"]


async def test_what_is_exported_and_imported_into_an_empty_company_is_exported_the_same(tenant, other_tenant):
    here, there = await admin_of(tenant), await admin_of(other_tenant)
    await with_rules(here)
    bundle = await exported(here)

    compared = await send(there, "/api/v1/bundle-comparisons", {"toml": bundle}, 200)
    empty = await exported(there)
    made = await send(there, "/api/v1/bundle-imports", {"toml": bundle, "note": "从那边来"})

    assert (compared["problems"], compared["conflicts"], compared["unknown"]) == ([], [], [])
    assert compared["changes"] != []
    assert tomllib.loads(empty) == {"format": 1}, "comparing writes nothing"
    assert made["policy"]["became"]["version"] == 1
    assert await exported(there) == bundle
    policy = (await there.get("/api/v1/policy")).json()
    assert [one["name"] for one in policy["automations"]] == ["third"]
    assert policy["automations"][0]["then"][0]["text"] == '致电"客户"\n道歉'
    # Nothing acts by it.
    automations = (await there.get("/api/v1/automations")).json()
    (script,) = (await there.get("/api/v1/scripts")).json()
    assert ([one["on"] for one in automations], script["answers"]) == ([False], None)
    (again,) = (await send(there, "/api/v1/bundle-comparisons", {"toml": bundle}, 200))["scripts"]
    assert again["outcome"] == "same"
    refused = await send(there, "/api/v1/bundle-imports", {"toml": bundle, "note": "再来"}, 422)
    assert [error["field"] for error in refused["errors"]] == ["toml"]


async def test_what_both_say_is_said_first_and_ones_own_may_stay(tenant, other_tenant):
    here, there = await admin_of(tenant), await admin_of(other_tenant)
    await with_rules(here)
    bundle = await exported(here)
    theirs = {"texts": {"automation.third": {"zh": "我们的", "en": "Ours"}, "tier.key": {"zh": "大客户", "en": "Key"}}}
    await with_rules(there, theirs | {"automations": [OWN["automations"][0] | {"per_day_max": 5}]})
    old = (await there.get("/api/v1/scripts")).json()[0]["id"]
    await send(there, f"/api/v1/scripts/{old}/versions", {"source": SOURCE + "\n# ours\n"})

    compared = await send(there, "/api/v1/bundle-comparisons", {"toml": bundle}, 200)
    kept = ["texts.automation.third", "scripts.楼宇"]
    await send(there, "/api/v1/bundle-imports", {"toml": bundle, "kept": kept, "note": "留自己的"})

    assert sorted(compared["conflicts"]) == ["automations.third", "scripts.楼宇", "texts.automation.third"]
    own = (await there.get("/api/v1/policy/overrides")).json()["overrides"]
    assert own["texts"]["automation.third"]["zh"] == "我们的"
    assert own["texts"]["tier.key"]["zh"] == "大客户"
    assert own["automations"][0]["per_day_max"] != 5
    assert (await there.get(f"/api/v1/scripts/{old}")).json()["latest"] == 2


async def test_whole_gives_up_what_the_bundle_does_not_say(tenant, other_tenant):
    here, there = await admin_of(tenant), await admin_of(other_tenant)
    await with_rules(here)
    bundle = await exported(here)
    mine = {"texts": {"tier.key": {"zh": "大客户", "en": "Key"}}, "switched_off": ["questions"]}
    await send(there, "/api/v1/policy/versions", {"note": "x", "overrides": {"texts": mine["texts"]}})

    await send(there, "/api/v1/bundle-imports", {"toml": bundle, "whole": True, "note": "照搬"})

    assert await exported(there) == bundle


async def test_it_is_taken_in_whole_or_not_at_all(tenant, other_tenant):
    here, there = await admin_of(tenant), await admin_of(other_tenant)
    await with_rules(here)
    bundle = read(await exported(here))
    bad = bundle.scripts[0]
    broken = msgspec.structs.replace(
        bundle, scripts=(bad, msgspec.structs.replace(bad, name="另一个", hook="on_event", follows="no_such"))
    )
    text = written(broken)

    refused = await send(there, "/api/v1/bundle-imports", {"toml": text, "note": "试"}, 422)

    assert [error["field"] for error in refused["errors"]] == ["follows"]
    async with other_tenant.scope():
        counts = "select (select count(*) from policy_version), (select count(*) from script)"
        assert await fetch_value(counts.replace("), (", ") + (")) == 0


async def test_what_contradicts_the_company_is_said_before(tenant):
    admin = await admin_of(tenant)
    overrides = Overrides(switched_off=("service_items.no_such",))

    found = await send(admin, "/api/v1/bundle-comparisons", {"toml": written(Bundle(policy=overrides))}, 200)

    assert found["problems"] != []
    assert found["changes"] == []


async def test_a_script_of_the_same_name_for_another_use_is_not_overwritten(tenant):
    admin = await admin_of(tenant)
    await with_rules(admin, {})
    other = BundledScript(name="楼宇", hook="objections", source="pass")
    text = written(Bundle(scripts=(other,)))

    found = await send(admin, "/api/v1/bundle-comparisons", {"toml": text}, 200)
    refused = await send(admin, "/api/v1/bundle-imports", {"toml": text, "note": "试"}, 422)

    assert [one["field"] for one in found["problems"]] == ["scripts.楼宇"]
    assert [one["field"] for one in refused["errors"]] == ["scripts.楼宇"]


async def test_where_the_policy_waits_for_an_approval_so_does_the_bundles(tenant, other_tenant):
    here, there = await admin_of(tenant), await admin_of(other_tenant)
    await with_rules(here, {"texts": {"tier.key": {"zh": "大客户", "en": "Key"}}})
    bundle = await exported(here)
    flow = {"name": "rules", "subject": "policy_proposal", "steps": [{"role": "manager"}]}
    parts = [{"name": "all", "covers": ["texts"], "posts": ["tenant_admin"], "approval": "rules"}]
    texts = {"approval.rules": {"zh": "制度", "en": "Rules"}, "policy_part.all": {"zh": "文字", "en": "Texts"}}
    flows = [*(await there.get("/api/v1/policy")).json()["approvals"], flow]
    for overrides in ({"approvals": flows, "texts": texts}, {"parts": parts}):
        body = {"note": "两人", "overrides": overrides}
        changed = await there.patch("/api/v1/policy/overrides", json=body)
        assert changed.status_code == 200, changed.text

    compared = await send(there, "/api/v1/bundle-comparisons", {"toml": bundle}, 200)
    made = await send(there, "/api/v1/bundle-imports", {"toml": bundle, "note": "从那边来"})

    assert compared["part"] == "all"
    assert (made["policy"]["became"], made["policy"]["proposal"] is not None) == (None, True)


async def test_somebody_who_changed_the_policy_meanwhile_is_not_overwritten(tenant):
    admin = await admin_of(tenant)
    text = written(Bundle(policy=Overrides(switched_off=("care",))))
    compared = await send(admin, "/api/v1/bundle-comparisons", {"toml": text}, 200)
    await send(admin, "/api/v1/policy/versions", {"note": "x", "overrides": {"switched_off": ["surveys"]}})

    lost = await send(
        admin, "/api/v1/bundle-imports", {"toml": text, "note": "试", "made_from": compared["latest"]}, 412
    )

    assert lost["type"].endswith("lost-race")


@pytest.mark.parametrize("text", ["x = ", "colour = 1", "[policy]\ncolour = 1", "[[scripts]]\nname = 1"])
async def test_what_is_no_bundle_is_refused_by_its_place(tenant, text):
    admin = await admin_of(tenant)

    refused = await send(admin, "/api/v1/bundle-comparisons", {"toml": text}, 422)

    assert refused["errors"][0]["field"].startswith("toml")


@pytest.mark.parametrize("text", ["a'''b\n", "tab\tand\\back\n", "\x7f\n", "line\r\nend", "ends with '\n'", "\n\nlead"])
def test_every_text_comes_back_as_it_was(text):
    case = NewScriptCase(name="x", given='{"a": "' + "é" + '"}', expects="null")
    bundle = Bundle(scripts=(BundledScript(name="名字 1", hook="objections", source=text, cases=(case,)),))

    assert read(written(bundle)) == bundle


def test_what_is_no_bundle_is_refused():
    with pytest.raises(Invalid):
        read("[policy]\nlevels = 3")
