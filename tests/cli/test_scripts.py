"""`guibin script`, as somebody types it who keeps a company's scripts in a folder."""

import json

from guibin_tenants.scope import fetch_value

SOURCE = 'def suggest_level(draft: ComplaintDraft) -> LevelSuggestion | None:\n    return LevelSuggestion("{level}", because="试") if "顶层" in draft.text else None\n'
GIVEN = json.dumps({"draft": {"text": "顶层", "channel": "phone", "customer_kind": None}}, ensure_ascii=False)


def keep(folder, level, name="楼宇", hook="suggest_level", expects="3"):
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(f"# hook: {hook}\n{SOURCE.format(level=level)}")
    cases = [
        {"name": "一", "given": GIVEN, "expects": json.dumps({"level": expects, "because": "试"}, ensure_ascii=False)}
    ]
    (folder / f"{name}.json").write_text(json.dumps(cases))


async def test_scripts_are_tried_and_pushed_and_pulled(guibin, tenant, tmp_path):
    slug, mine, other = tenant.view.slug, tmp_path / "mine", tmp_path / "other"
    keep(mine, "3")

    tried = await guibin("script", "test", str(mine))
    first = await guibin("script", "push", slug, str(mine))
    again = await guibin("script", "push", slug, str(mine))
    keep(mine, "2")
    wrong = await guibin("script", "test", str(mine))
    second = await guibin("script", "push", slug, str(mine), "--note", "试")
    pulled = await guibin("script", "pull", slug, str(other))

    assert tried == (0, "ok   楼宇, 一\n", "")
    assert [first[:2], again[:2]] == [(0, "楼宇: new\n"), (0, "楼宇: unchanged\n")]
    assert wrong[0] == 1
    assert wrong[1].startswith("FAIL 楼宇, 一: ")
    assert second[:2] == (0, "楼宇: version 2\n"), second
    assert pulled[0] == 0
    assert (other / "楼宇.py").read_text() == (mine / "楼宇.py").read_text()
    assert "class ComplaintDraft:" in (other / "guibin_stubs.pyi").read_text()
    # Nothing is switched on by it.
    async with tenant.scope():
        assert await fetch_value("select count(*) from script_activation") == 0


async def test_a_script_without_its_hook_is_refused(guibin, tmp_path):
    keep(tmp_path, "3", hook="nonsense")

    code, _, err = await guibin("script", "test", str(tmp_path))

    assert code == 1
    assert "# hook: " in err


async def test_what_the_operator_stopped_the_company_does_not_resume(guibin, tenant):
    slug = tenant.view.slug

    stopped = await guibin("script", "stop", slug, "--reason", "查一下")
    async with await tenant.client() as admin:
        (stop,) = (await admin.get("/api/v1/script-stops")).json()
        refused = await admin.delete(f"/api/v1/script-stops/{stop['id']}")
        resumed = await guibin("script", "resume", slug)
        left = (await admin.get("/api/v1/script-stops")).json()

    assert (stopped[0], stop["by_operator"], refused.status_code, resumed[0], left) == (0, True, 403, 0, [])


async def test_the_operator_says_how_much_scripts_compute(guibin, tenant):
    code, out, err = await guibin("script", "budget", tenant.view.slug, "60")

    assert (code, out) == (0, "0.0 of 60 s, 0 runs, 0 failed\n"), err


async def test_what_a_script_follows_stands_beside_its_hook(guibin, tenant, tmp_path):
    slug, mine, other = tenant.view.slug, tmp_path / "mine", tmp_path / "other"
    mine.mkdir()
    source = "def on_schedule(due: Due) -> list[Command]:\n    return []\n"
    (mine / "晨会.py").write_text(f"# hook: on_schedule daily 07:00\n{source}")

    first = await guibin("script", "push", slug, str(mine))
    (mine / "晨会.py").write_text(f"# hook: on_schedule weekly Mon 07:00\n{source}")
    second = await guibin("script", "push", slug, str(mine))
    await guibin("script", "pull", slug, str(other))
    (mine / "晨会.py").write_text(f"# hook: on_schedule sometimes\n{source}")
    wrong = await guibin("script", "push", slug, str(mine))

    assert (first[1], second[1]) == ("晨会: new\n", "晨会: version 2\n")
    assert (other / "晨会.py").read_text() == f"# hook: on_schedule weekly Mon 07:00\n{source}"
    assert wrong[0] != 0
