"""What does not convert: every wrong field at once, with what is asked and what to do, in the caller's language."""

from typing import get_type_hints

import msgspec.inspect as inspect
import pytest
from msgspec import structs
from pack_values import all_packs
from texts import bodies

from guibin.app import pages
from guibin.console import forms
from guibin.console.looks import Look
from guibin.profiles.requests import NewCustomer
from guibin.web.conversion import FAULTS_MAX, faults

ZH, EN = {"Accept-Language": "zh-CN"}, {"Accept-Language": "en"}
PROBES = (None, True, -1, 0.5, 10**12, "", " ", "x\x00", "a\nb", "-", "x" * 9_000, [], [None] * 9_000, {}, {"": None})
ADDRESS = "/api/v1/complaints"
COMPLAINT = {"text": "", "channel": 5, "customer_id": "abc", "special": "yes", "received_at": "yesterday", "kinds": "x"}


def fields(answer):
    assert answer.status_code == 400, answer.text
    return {error["field"]: error for error in answer.json()["errors"]}


async def test_every_wrong_field_of_a_body_is_told_at_once_with_what_to_do(client):
    told = fields(await client.post(ADDRESS, json=COMPLAINT))

    assert told == {
        "text": {"field": "text", "rule": "1 to 8000 characters", "fix": "write more"},
        "channel": {"field": "channel", "rule": "a text"},
        "customer_id": {
            "field": "customer_id",
            "rule": "an id",
            "fix": "as the answer to a list gives it",
            "value": "abc",
        },
        "special": {"field": "special", "rule": "true or false", "value": "yes"},
        "received_at": {
            "field": "received_at",
            "rule": "a moment with its offset, such as 2026-03-01T08:00:00+08:00",
            "value": "yesterday",
        },
        "kinds": {"field": "kinds", "rule": "a field that is known here", "fix": "did you mean kind?"},
    }


async def test_who_asks_in_chinese_is_answered_in_chinese(client):
    chinese, english = [await client.post(ADDRESS, json=COMPLAINT, headers=asked) for asked in (ZH, EN)]

    assert english.json()["errors"] == (await client.post(ADDRESS, json=COMPLAINT)).json()["errors"]
    assert [chinese.json()[name] for name in ("type", "title")] == ["/problems/invalid", "有内容不符合要求"]
    told = fields(chinese)
    assert {name: told[name]["rule"] for name in ("text", "channel", "special")} == {
        "text": "请写 1 到 8000 个字。",
        "channel": "请填文字。",
        "special": "请填是或否（true、false）。",
    }
    assert told["text"]["fix"] == "请多写一些。"
    assert told.keys() == fields(english).keys()


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        (
            "POST",
            "/api/v1/customers",
            {"number": 1, "name": "王", "kind": "leader", "sex": "m", "confidential": {"phone": ["1", 2]}},
            {"number", "sex", "confidential.phone[1]"},
        ),
        (
            "POST",
            "/api/v1/facts",
            {"facts": [{"customer_id": "x", "metric": "terminals", "occurred_on": "2026-02-30"}, 5]},
            {"facts[0].customer_id", "facts[0].occurred_on", "facts[1]"},
        ),
        (
            "POST",
            "/api/v1/policy/versions",
            {"overrides": {"complaints": {"levels": [{"name": 1, "resolve_within": {"type": "moons"}}]}}, "note": 5},
            {
                "overrides.complaints.levels[0].name",
                "overrides.complaints.levels[0].resolve_within.type",
                "overrides.complaints.default_level",
                "note",
            },
        ),
        ("PUT", "/api/v1/look-up-limits", {"person_per_hour": "50", "key_per_hour": True}, {"person_per_hour"}),
        ("POST", "/api/v1/complaints", [], {"body"}),
    ],
)
async def test_a_field_is_called_by_where_it_stands(client, method, path, body, expected):
    told = fields(await client.request(method, path, json=body))

    assert expected <= told.keys(), told
    assert all(error["rule"] and "`" not in error["rule"] for error in told.values())


async def test_what_is_wrong_in_the_query_is_told_in_words_of_ours(client):
    asked = {"limit": "many", "customer_id": "abc", "overdue": "perhaps"}
    english = fields(await client.get(ADDRESS, params=asked))
    chinese = fields(await client.get(ADDRESS, params=asked, headers=ZH))

    assert {name: error["rule"] for name, error in english.items()} == {
        "limit": "a whole number from 1 to 200",
        "customer_id": "an id",
        "overdue": "true or false",
    }
    assert chinese["limit"]["rule"] == "请填 1 到 200 的整数。"
    assert chinese["limit"]["value"] == "many"


async def test_a_refusal_by_a_rule_is_in_the_callers_language_too(client):
    answers = [
        await client.post(ADDRESS, json={"text": "没有信号", "channel": "drums"}, headers=asked) for asked in (ZH, EN)
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json()["errors"][0]["fix"].startswith("请填其中之一：")
    assert answers[1].json()["errors"][0]["fix"].startswith("one of: ")


@pytest.mark.parametrize("secret", ["hunter2-hunter2\x00", 13800138000, ["13800138000"]])
def test_what_stands_where_a_text_belongs_is_not_repeated(secret):
    told = faults({"number": secret, "name": "王", "kind": "leader"}, NewCustomer)

    assert [(each.field, each.value) for each in told] == [("number", None)]


def test_a_list_of_nothing_but_faults_is_told_up_to_a_bound():
    assert len(faults(["x"] * 10_000, list[int])) == FAULTS_MAX


def test_whatever_a_type_of_the_api_asks_is_said_in_both_languages():
    packs = all_packs()
    studio = pages.studio_of(packs)
    known = {cls for kind in bodies(packs).values() for cls in _structs(inspect.type_info(kind), set())}
    rules = {
        rule
        for cls in known
        for name, hint in get_type_hints(cls, include_extras=True).items()
        if name in {field.name for field in structs.fields(cls)}
        for probe in PROBES
        for fault in faults(probe, hint)
        for rule in (fault.rule, fault.fix)
        if rule and not rule.startswith(("by the pattern", "did you mean", "it has "))
    }
    silent = {rule for rule in rules if forms.rule(rule, studio, Look(language="zh-CN")) == rule}

    assert len(known) > 100
    assert len(rules) > 30
    assert silent == set()


def _structs(kind, seen):
    if isinstance(kind, inspect.StructType):
        if kind.cls in seen:
            return seen
        seen.add(kind.cls)
        for field in kind.fields:
            _structs(field.type, seen)
    for name in ("type", "item_type", "key_type", "value_type"):
        if hasattr(kind, name):
            _structs(getattr(kind, name), seen)
    for each in (*getattr(kind, "types", ()), *getattr(kind, "item_types", ())):
        _structs(each, seen)
    return seen


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (ZH, ("请写 1 到 60 个字。", "请从列出的选项里选。", "没有这一天")),
        (EN, ("1 to 60", "Choose one", "no such day")),
    ],
)
async def test_every_wrong_field_of_a_form_is_told_at_once_at_its_field(client, language, expected):
    sent = {"number": "9" * 70, "name": "王", "kind": "leader", "sex": "m", "birthday.calendar": "lunar"}

    answer = await client.post("/console/customers/new", data=sent | {"birthday.lunar": "十三月初一"}, headers=language)

    assert answer.status_code == 422
    assert [text for text in expected if text not in answer.text] == []
    assert "Expected" not in answer.text


@pytest.mark.parametrize(("language", "expected"), [(ZH, "个字。"), (EN, "characters.")])
async def test_a_change_of_an_archive_tells_every_field_at_its_field(client, language, expected):
    customer = (await client.post("/api/v1/customers", json={"number": "1", "name": "张三", "kind": "leader"})).json()
    path = f"/console/customers/{customer['id']}/archive/edit"

    answer = await client.post(path, data={"name": "x" * 300, "employer": "x" * 300}, headers=language)

    assert (answer.status_code, answer.text.count(expected)) == (422, 2)
    assert "Expected" not in answer.text
