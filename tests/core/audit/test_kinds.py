"""Every action of the record has a text in both languages, and no text is left of an action that nobody writes."""

import re
from typing import get_args

import spellings
from acting import COMPANY
from msgspec.structs import replace

from guibin.audit.kinds import ACTIONS, LOOKED, title_of
from guibin.insight.figures import Kind
from guibin.packs import Packs
from guibin.policies.queries import merged
from guibin.policy.packs import Overrides
from guibin.policy.texts import Text

# `{}` stands where only a row knows the word.
WRITTEN = {
    action: re.compile(re.escape(action).replace(re.escape(spellings.SOMETHING), r"[a-z_]+"))
    for action in spellings.written()["audit actions"]
}


def test_what_is_written_has_a_text():
    unsaid = [action for action, pattern in WRITTEN.items() if not any(map(pattern.fullmatch, ACTIONS))]

    assert len(WRITTEN) > 300
    assert unsaid == []


def test_what_has_a_text_is_written():
    left = [action for action in ACTIONS if not any(pattern.fullmatch(action) for pattern in WRITTEN.values())]

    assert left == []


def test_no_two_actions_are_called_alike():
    for language in ("zh-CN", "en"):
        titles = [known.text.in_language(language) for known in ACTIONS.values()]

        assert sorted(titles) == sorted(set(titles))


def test_every_kind_of_figures_has_its_own_text():
    assert [kind for kind in get_args(Kind) if f"statistics.{kind}" not in ACTIONS] == []


def test_what_only_shows_is_told_from_what_changes():
    assert {
        action for action in ACTIONS if action.endswith((".read", ".search", ".list", ".disclose", ".export"))
    } < LOOKED
    assert LOOKED & {action for action in ACTIONS if action.endswith((".write", ".add", ".remove", ".import"))} == set()


async def test_auditors_ask_for_looks_or_for_what_was_done(client, tenant):
    opened = await client.post("/api/v1/customers", json={"number": "1", "kind": "leader", "name": "王伟"})
    path = f"/api/v1/customers/{opened.json()['id']}"
    await client.get(path)
    auditor = await tenant.staff("auditor", "auditor")

    found = {}
    for looked in ("true", "false"):
        asked = {"customer_id": path.rpartition("/")[2], "looked": looked}
        entries = (await auditor.get("/api/v1/audit-entries", params=asked)).json()["items"]
        found[looked] = [(entry["action"], entry["looked"]) for entry in entries]

    assert found == {"true": [("customer.read", True)], "false": [("customer.open", False)]}


def test_a_packs_action_has_its_text_in_the_pack_and_none_is_shown_as_it_is():
    policy = merged(Packs({}), COMPANY, Overrides(), version=0)
    with_text = replace(policy, texts=policy.texts | {"audit.vault.open": Text(zh="打开保险柜", en="Opened a vault")})

    assert title_of("vault.open", with_text, "en") == "Opened a vault"
    assert title_of("vault.open", with_text, "zh-CN") == "打开保险柜"
    assert title_of("vault.open", policy, "en") == "vault.open"
    assert title_of("customer.read", policy, "zh-CN") == "查看客户档案"


async def test_the_record_says_in_the_callers_language_what_was_done(client, tenant):
    opened = await client.post("/api/v1/customers", json={"number": "1", "kind": "leader", "name": "王伟"})
    await client.get(f"/api/v1/customers/{opened.json()['id']}")
    auditor = await tenant.staff("auditor", "auditor")

    said = {}
    for language in ("zh-CN", "en"):
        entries = await auditor.get(
            "/api/v1/audit-entries", params={"action": "customer.read"}, headers={"Accept-Language": language}
        )
        said[language] = [(entry["title"], entry["action"]) for entry in entries.json()["items"]]

    assert said == {
        "zh-CN": [("查看客户档案", "customer.read")],
        "en": [("Read a customer's archive", "customer.read")],
    }
