"""`guibin bundle`, as somebody types it who brings one company's rules to another."""


async def test_a_bundle_is_exported_compared_and_imported(guibin, tenant, other_tenant, tmp_path):
    here, there, file = tenant.view.slug, other_tenant.view.slug, tmp_path / "rules.toml"
    texts = {"tier.key": {"zh": "大客户", "en": "Key client"}}
    async with await tenant.client() as admin:
        made = await admin.post("/api/v1/policy/versions", json={"note": "x", "overrides": {"texts": texts}})
        assert made.status_code == 201, made.text

    exported = await guibin("bundle", "export", here, str(file))
    compared = await guibin("bundle", "compare", there, str(file))
    imported = await guibin("bundle", "import", there, str(file), "--note", "照搬")
    again = await guibin("bundle", "import", there, str(file), "--note", "再来")
    same = await guibin("bundle", "compare", there, str(file))
    back = await guibin("bundle", "export", there, str(tmp_path / "back.toml"))

    assert exported[:2] == (0, f"1 elements and 0 scripts are in {file}\n")
    assert compared[0] == 0, compared
    assert "→" in compared[1]
    assert imported[:2] == (0, "version 1 of the policy\n"), imported
    assert same[:2] == (0, "Nothing is otherwise here.\n")
    assert again[0] == 1
    assert back[0] == 0
    assert (tmp_path / "back.toml").read_text() == file.read_text()


async def test_what_is_no_bundle_is_said(guibin, tenant, tmp_path):
    file = tmp_path / "rules.toml"
    file.write_text("colour = 1\n")

    code, _, err = await guibin("bundle", "compare", tenant.view.slug, str(file))

    assert code == 1
    assert "colour" in err
