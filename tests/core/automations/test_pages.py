"""By page: begin with a common one, put it in force, try it on history, switch it on, see its log, take it back."""

from receiving import send

PAGE = "/console/automations"


async def test_an_admin_writes_tries_switches_on_and_takes_back_by_page(house):
    admin = house.admin
    for _ in range(2):
        await house.complain()
    listed = (await admin.get(PAGE)).text
    begun = await admin.post(f"{PAGE}/begin/third_complaint")
    await send(admin, "/api/v1/policy/draft/versions", {"note": "自动化"})

    tried = (await admin.get(f"{PAGE}/third_complaint", params={"days": 30})).text
    on = await admin.post(f"{PAGE}/third_complaint/on")
    await house.complain()
    await house.work()
    log = (await admin.get(f"{PAGE}/third_complaint")).text

    assert 'data-common="third_complaint"' in listed
    assert (begun.status_code, on.status_code) == (200, 200), begun.text + on.text
    assert "看了 2 次，会执行 0 次" in tried
    assert 'data-run="done"' in log
    assert "data-state>已启用" in log
    assert [task["text"] for task in await house.tasks()] == ["致电客户，了解情况并致歉"]

    await send(admin, "/api/v1/policy/restorations", {"version": 0, "note": "收回"})
    assert (await admin.get("/api/v1/automations")).json() == []
    assert (await admin.get(f"{PAGE}/third_complaint")).status_code == 404


async def test_why_it_cannot_be_switched_on_is_said_on_the_page(house):
    wrong = {
        "name": "wrong",
        "when": {"type": "happens", "event": "complaint_received"},
        "then": [{"type": "send_message", "message": "none"}],
    }
    await house.write(wrong)

    answer = await house.admin.post(f"{PAGE}/wrong/on")

    assert answer.status_code == 422
    assert "then[0].message" in answer.text


async def test_whoever_may_not_switch_sees_no_switch(house):
    await house.write(
        {
            "name": "told",
            "when": {"type": "happens", "event": "file_added"},
            "then": [{"type": "notify", "roles": ["manager"], "text": "请留意"}],
        }
    )

    shown = (await house.leader.get(f"{PAGE}/told")).text

    assert "data-sentence" in shown
    assert "data-switch" not in shown


async def test_whoever_may_not_read_customers_sees_no_run_and_tries_nothing(house):
    told = {
        "name": "told",
        "when": {"type": "happens", "event": "complaint_received"},
        "then": [{"type": "notify", "roles": ["manager"], "text": "请留意"}],
    }
    await house.write(told)
    await house.on("told")
    await house.complain()
    await house.work()
    made = await send(house.admin, "/api/v1/roles", {"title": "制度员", "permissions": ["policy:read"]})
    role = next(each for each in (await house.admin.get("/api/v1/roles")).json() if each["id"] == made["id"])
    reader = await house.tenant.staff("reader-1", "agent")
    changed = await house.admin.patch(f"/api/v1/staff/{reader.staff_id}", json={"roles": [role["name"]]})
    assert changed.status_code == 200, changed.text

    seen, shown = (await house.leader.get(f"{PAGE}/told")).text, (await reader.get(f"{PAGE}/told")).text
    runs = await reader.get("/api/v1/automation-runs")
    tried = await reader.post("/api/v1/automation-trials", json={"name": "told", "days": 7})

    assert ("data-run" in seen, "/console/customers/" in seen) == (True, True)
    assert "data-sentence" in shown
    assert ("data-run" in shown, "/console/customers/" in shown) == (False, False)
    assert (runs.status_code, tried.status_code) == (403, 403)
