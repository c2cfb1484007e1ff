"""Files over HTTP: added, listed, opened on record, removed; sealed, walled, erased with their customer."""

import hashlib
from datetime import timedelta
from uuid import uuid4

import pytest
from caring import customer
from papers import PDF, added, picture, send

from guibin.files import bounds
from guibin_tenants.scope import fetch, fetch_value

PHOTO = picture()
APPLICATION = {
    "form": "special_user_application",
    "answers": {
        "customer_kind": "leader",
        "reason": "special contribution",
        "special_contribution": "donated the ring line of the old town",
        "network": "two_way",
        "equipment": "set_top_box",
        "programmes": "all",
        "starts_on": "2026-03-03",
        "ends_on": "2027-03-03",
    },
}


@pytest.fixture
async def who(client):
    return await customer(client)


@pytest.fixture
def of_customer(who):
    return f"/api/v1/customers/{who}/files"


async def complaint(client, who=None):
    body = {"channel": "phone", "text": "昨晚没有信号", **({"customer_id": who} if who else {})}
    answer = await client.post("/api/v1/complaints", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def subjects(client, clock, who):
    """One of everything that has files, by where they are."""
    at = (clock() + timedelta(hours=3)).isoformat()
    visit = (await client.post("/api/v1/visits", json={"customer_id": who, "planned_at": at, "purpose": "走访"})).json()
    contact = {"customer_id": who, "channel": "phone", "direction": "in", "content": "问网速"}
    interaction = (await client.post("/api/v1/interactions", json=contact)).json()
    return {
        "customer": f"/api/v1/customers/{who}/files",
        "complaint": f"/api/v1/complaints/{await complaint(client, who)}/files",
        "visit": f"/api/v1/visits/{visit['id']}/files",
        "interaction": f"/api/v1/interactions/{interaction['id']}/files",
    }


async def record(client, action):
    return (await client.get("/api/v1/audit-entries", params={"action": action})).json()["items"]


async def test_a_file_comes_back_as_it_was_sent_by_whatever_it_is_about(client, clock, who):
    found = {}
    for subject, path in (await subjects(client, clock, who)).items():
        file = await added(client, path, PHOTO, "现场.jpg")
        content = await client.get(f"/api/v1/files/{file['id']}/content")
        (listed, *_) = (await client.get(path)).json()["items"]
        found[subject] = (file["subject"], content.content == PHOTO, listed["id"] == file["id"], file["customer_id"])

    assert found == {name: (name, True, True, who) for name in ("customer", "complaint", "visit", "interaction")}


async def test_what_is_known_of_a_file(client, of_customer, who):
    file = await added(client, of_customer, PHOTO, "现场.jpg")

    assert file == (await client.get(f"/api/v1/files/{file['id']}")).json()
    assert {name: file[name] for name in ("name", "media_type", "kind", "confidential", "bytes_count", "sha256")} == {
        "name": "现场.jpg",
        "media_type": "image/jpeg",
        "kind": "photo",
        "confidential": False,
        "bytes_count": len(PHOTO),
        "sha256": hashlib.sha256(PHOTO).hexdigest(),
    }
    assert (file["thumbnail"], file["removal"]) == (True, None)


async def test_every_look_and_change_is_on_record_with_whose_file_it_is(client, of_customer, who):
    file = await added(client, of_customer, PHOTO)
    for path in (of_customer, *(f"/api/v1/files/{file['id']}{part}" for part in ("", "/content", "/thumbnail"))):
        assert (await client.get(path)).status_code == 200
    await client.post(f"/api/v1/files/{file['id']}/removal", json={"reason": "误传"})

    actions = ("add", "list", "read", "open", "thumbnail", "remove")
    entries = {action: (await record(client, f"file.{action}"))[0]["customer_ids"] for action in actions}
    assert entries == {action: [who] for action in actions}


async def test_a_file_is_handed_out_to_be_kept_and_never_to_be_run(client, of_customer):
    file = await added(client, of_customer, PDF, '合同 "第一"版.pdf')

    headers = (await client.get(f"/api/v1/files/{file['id']}/content")).headers

    assert headers["content-type"] == "application/pdf"
    assert headers["content-disposition"].startswith("attachment; filename=")
    assert "filename*=UTF-8''%E5%90%88%E5%90%8C" in headers["content-disposition"]
    assert (headers["x-content-type-options"], headers["content-security-policy"]) == (
        "nosniff",
        "default-src 'none'; sandbox",
    )
    assert headers["cache-control"] == "private, no-store"


async def test_what_is_stored_is_not_what_was_sent(tenant, client, of_customer):
    await added(client, of_customer, PHOTO)

    async with tenant.scope():
        kept = [bytes(row["sealed"]) for row in await fetch("select sealed from file_content")]

    assert len(kept) == 2
    assert not any(piece in sealed for sealed in kept for piece in (PHOTO[:64], PHOTO[300:364], b"JFIF", b"WEBP"))


async def test_erasing_the_customer_destroys_the_files_and_leaves_that_they_were(tenant, client, clock, who):
    paths = await subjects(client, clock, who)
    files = [await added(client, path, PHOTO, "张三.jpg") for path in paths.values()]

    assert (await client.delete(f"/api/v1/customers/{who}")).status_code == 204
    opened = [(await client.get(f"/api/v1/files/{file['id']}/content")).status_code for file in files]
    known = [(await client.get(f"/api/v1/files/{file['id']}")).json() for file in files]
    more = await send(client, paths["complaint"], PDF, "more.pdf")
    async with tenant.scope():
        left = await fetch_value("select count(*) from file_content")
        total = await fetch_value("select sum(bytes_count) from file_total")

    assert opened == [410] * 4
    assert [(file["name"], file["sha256"], file["bytes_count"]) for file in known] == [("—", "—", len(PHOTO))] * 4
    assert (left, total, more.status_code) == (0, 0, 409)


async def test_a_removed_file_is_destroyed_and_says_who_removed_it_and_why(tenant, client, of_customer):
    file = await added(client, of_customer, PHOTO)
    path = f"/api/v1/files/{file['id']}"

    unsaid = await client.post(f"{path}/removal", json={"reason": " "})
    removed = await client.post(f"{path}/removal", json={"reason": "拍错了人"})
    again = await client.post(f"{path}/removal", json={"reason": "再来"})
    opened = [(await client.get(f"{path}{part}")).status_code for part in ("/content", "/thumbnail")]
    listed = {
        kept: len((await client.get(of_customer, params={"kept": kept})).json()["items"]) for kept in ("true", "false")
    }
    async with tenant.scope():
        left = await fetch_value("select count(*) from file_content")

    assert (unsaid.status_code, removed.status_code, again.status_code) == (400, 201, 410)
    assert removed.json()["removal"]["reason"] == "拍错了人"
    assert (opened, listed, left) == ([410, 410], {"true": 0, "false": 1}, 0)
    assert (await added(client, of_customer, PHOTO))["id"] != file["id"]


async def test_what_is_confidential_opens_with_a_purpose_that_the_customer_can_be_told(client, of_customer, who):
    file = await added(client, of_customer, PHOTO, kind="identity")
    path = f"/api/v1/files/{file['id']}"

    without = await client.get(f"{path}/content")
    small = await client.get(f"{path}/thumbnail")
    unsaid = await client.post(f"{path}/disclosures", json={"purpose": "x", "leaves_to": "nobody"})
    opened = await client.post(f"{path}/disclosures", json={"purpose": "核对身份", "leaves_to": "nobody"})
    history = (await client.get(f"/api/v1/customers/{who}/disclosures")).json()["items"]
    (entry,) = await record(client, "file.disclose")

    assert file["confidential"] is True
    assert [answer.status_code for answer in (without, small, unsaid, opened)] == [403, 404, 422, 200]
    assert without.json()["type"] == "/problems/purpose-needed"
    assert opened.content == PHOTO
    assert (history[0]["purpose"], history[0]["fields"]) == ("核对身份", ["file.identity"])
    assert (entry["purpose"], entry["customer_ids"]) == ("核对身份", [who])


async def test_opening_in_confidence_asks_for_the_right_to_disclose(tenant, client, of_customer):
    file = await added(client, of_customer, PHOTO, confidential="true")
    reader = await tenant.client("customers:read")

    refused = await reader.post(
        f"/api/v1/files/{file['id']}/disclosures", json={"purpose": "核对身份", "leaves_to": "nobody"}
    )

    assert refused.status_code == 403


async def test_rights_are_those_of_what_the_file_is_about(tenant, client, clock, who):
    paths = await subjects(client, clock, who)
    files = {subject: await added(client, path, PHOTO) for subject, path in paths.items()}
    reads, writes = await tenant.client("complaints:read"), await tenant.client("complaints:read", "complaints:write")

    seen = {s: (await reads.get(f"/api/v1/files/{file['id']}/content")).status_code for s, file in files.items()}
    lists = {s: (await reads.get(path)).status_code for s, path in paths.items()}
    adds = [(await send(each, paths["complaint"], PDF, "a.pdf")).status_code for each in (reads, writes)]
    removal = f"/api/v1/files/{files['visit']['id']}/removal"
    removed = (await writes.post(removal, json={"reason": "不该有"})).status_code

    assert seen == lists == {"complaint": 200, "customer": 403, "visit": 403, "interaction": 403}
    assert (adds, removed) == ([403, 201], 403)


async def test_a_customers_list_has_the_files_of_their_cases_as_far_as_one_reads_these(tenant, client, clock, who):
    paths = await subjects(client, clock, who)
    for path in paths.values():
        await added(client, path, PHOTO)
    reader = await tenant.client("customers:read", "records:read")

    everything = (await client.get(paths["customer"])).json()["items"]
    some = (await reader.get(paths["customer"])).json()["items"]

    assert sorted(file["subject"] for file in everything) == ["complaint", "customer", "interaction", "visit"]
    assert sorted(file["subject"] for file in some) == ["customer", "interaction", "visit"]


async def test_another_outlet_and_another_company_find_no_such_file(world, tenant, client):
    for outlet in ("east", "west"):
        await tenant.unit(outlet)
    east, west = await tenant.staff("east", unit="east"), await tenant.staff("west", unit="west")
    who = await customer(client, org_unit_id=str(tenant.units["east"]))
    nobodys = f"/api/v1/complaints/{await complaint(east)}/files"
    files = [await added(east, path, PHOTO) for path in (f"/api/v1/customers/{who}/files", nobodys)]
    stranger = await (await world.tenant()).client()

    found = {}
    for name, caller in (("east", east), ("west", west), ("stranger", stranger)):
        found[name] = [
            *[
                (await caller.get(f"/api/v1/files/{file['id']}{part}")).status_code
                for file in files
                for part in ("", "/content")
            ],
            (await caller.get(nobodys)).status_code,
        ]
    taken = [(await send(each, nobodys, PDF, "x.pdf")).status_code for each in (west, stranger)]
    nothing = await west.get(f"/api/v1/files/{uuid4()}")

    assert found == {"east": [200] * 5, "west": [404] * 5, "stranger": [404] * 5}
    assert (taken, nothing.status_code) == ([404, 404], 404)


async def test_files_of_a_merged_complaint_are_shown_with_the_one_that_goes_on(client, who):
    first, second = await complaint(client, who), await complaint(client, who)
    file = await added(client, f"/api/v1/complaints/{second}/files", PHOTO)

    merged = await client.post(
        f"/api/v1/complaints/{first}/merges", json={"complaint_id": second, "reason": "同一件事"}
    )
    listed = (await client.get(f"/api/v1/complaints/{first}/files")).json()["items"]

    assert merged.status_code == 201, merged.text
    assert [one["id"] for one in listed] == [file["id"]]


async def test_a_filed_visit_takes_no_file_and_gives_none_away(client, clock, who):
    path = (await subjects(client, clock, who))["visit"]
    visit = path.removesuffix("/files")
    file = await added(client, path, PHOTO)
    await client.post(f"{visit}/cancellation", json={"reason": "客户出差"})

    more = await send(client, path, PDF, "x.pdf")
    removed = await client.post(f"/api/v1/files/{file['id']}/removal", json={"reason": "晚了"})

    assert [answer.json()["type"] for answer in (more, removed)] == ["/problems/case-of-file-ended"] * 2


async def test_the_same_file_twice_is_told_and_kept_once(client, of_customer):
    await added(client, of_customer, PHOTO, "一.jpg")

    again = await send(client, of_customer, PHOTO, "二.jpg")

    assert (again.status_code, again.json()["type"]) == (409, "/problems/file-already-here")
    assert "一.jpg" in again.json()["detail"]


async def test_a_repeated_request_has_one_effect_whatever_stands_between_its_parts(client, of_customer):
    key = {"Idempotency-Key": "once"}
    answers = [
        await client.post(of_customer, files={"file": ("a.jpg", PHOTO)}, data={"kind": "evidence"}, headers=key)
        for _ in range(2)
    ]
    other = await client.post(of_customer, files={"file": ("b.pdf", PDF)}, headers=key)

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert other.json()["type"] == "/problems/idempotency-key-reused"


async def test_bounds_of_a_subject_and_of_the_company(client, of_customer, monkeypatch):
    await added(client, of_customer, PHOTO)

    refused = []
    for place, name, value in (
        (bounds, "SUBJECT_FILES_MAX", 1),
        (bounds, "SUBJECT_BYTES_MAX", len(PHOTO) + 10),
        (bounds.ROOM, "company_bytes", len(PHOTO) + 10),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(place, name, value)
            answer = await send(client, of_customer, PDF, "x.pdf")
        refused.append((answer.status_code, answer.json()["type"]))
    after = await send(client, of_customer, PDF, "x.pdf")

    assert refused == [(409, "/problems/no-room-for-files")] * 3
    assert after.status_code == 201


async def test_a_larger_body_than_any_other_is_taken_and_one_that_is_too_large_is_not(client, of_customer):
    large = b"%PDF-1.4\n" + bytes(11 * bounds.MIB) + b"%%EOF\n"

    file = await added(client, of_customer, large, "scan.pdf")
    over = await send(client, of_customer, b"%PDF-1.4\n" + bytes(bounds.FILE_BYTES_MAX) + b"%%EOF\n", "scan.pdf")
    far_over = await send(client, of_customer, bytes(bounds.FILE_BYTES_MAX + 2 * bounds.MIB), "scan.pdf")

    assert file["bytes_count"] == len(large)
    assert (await client.get(f"/api/v1/files/{file['id']}/content")).content == large
    assert (over.status_code, over.json()["errors"][0]["rule"]) == (422, "at most 20 MiB")
    assert far_over.status_code == 413


async def test_a_form_that_is_none_is_told_so(client, of_customer):
    answers = {
        "json": await client.post(of_customer, json={"file": "x"}),
        "nothing": await client.post(of_customer),
        "no file": await client.post(of_customer, files={"other": ("", b"")}, data={"kind": "photo"}),
        "two": await client.post(of_customer, files=[("file", ("a.pdf", PDF)), ("file", ("b.pdf", PDF))]),
        "kind": await send(client, of_customer, PDF, "a.pdf", kind="poem"),
        "confidential": await send(client, of_customer, PDF, "a.pdf", kind="photo", confidential="perhaps"),
        "field": await send(client, of_customer, PDF, "a.pdf", secret="1"),
        "cut": await client.post(
            of_customer, content=b"--x\r\nContent-Dispo", headers={"Content-Type": "multipart/form-data; boundary=x"}
        ),
    }

    told = {name: (a.status_code, [e["field"] for e in a.json().get("errors", ())]) for name, a in answers.items()}
    assert told == {
        "json": (415, []),
        "nothing": (415, []),
        "no file": (422, ["file"]),
        "two": (422, ["file"]),
        "kind": (422, ["kind"]),
        "confidential": (422, ["confidential"]),
        "field": (422, ["secret"]),
        "cut": (422, ["data"]),
    }


async def test_an_approvals_papers_are_laid_down_by_who_asks_and_who_decides(tenant, client, who):
    """Of nobody else, and until it is decided."""
    applicant, other = await tenant.staff("applicant"), await tenant.staff("other")
    decider = await tenant.staff("decider", "manager")
    body = {"customer_id": who, "scheme": "key_account", "tier": "key", "reason": "special contribution"} | APPLICATION
    asked = await applicant.post("/api/v1/applications", json=body)
    path = f"/api/v1/approvals/{asked.json()['approval_id']}"

    taken = [
        (await send(each, f"{path}/files", content, "a.pdf")).status_code
        for each, content in ((applicant, PDF), (decider, PDF + b"\n"), (other, PDF + b"\n\n"))
    ]
    listed = (await decider.get(f"{path}/files")).json()["items"]
    await decider.post(f"{path}/decision", json={"approved": True, "reason": "agreed"})
    late = await send(applicant, f"{path}/files", PHOTO)

    assert (taken, late.status_code) == ([201, 201, 403], 409)
    assert {file["customer_id"] for file in listed} == {who}
