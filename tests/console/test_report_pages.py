"""Reports as pages: figures with their targets, and behind each its trend, its units and its rows."""

import pytest

PAGES = "/console/reports"
MARCH = {"period": "2026-03"}


@pytest.fixture
async def lead(tenant):
    return await tenant.staff("lead", "manager")


@pytest.fixture
async def complaint(client):
    body = {"number": "K1", "name": "王建国", "kind": "leader"}
    customer = (await client.post("/api/v1/customers", json=body)).json()["id"]
    taken = {"customer_id": customer, "channel": "phone", "text": "机顶盒无信号"}
    return (await client.post("/api/v1/complaints", json=taken)).json()


async def read(client, path, **params):
    answer = await client.get(f"{PAGES}{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_a_report_shows_figures_and_leads_behind_them(lead, complaint):
    page = await read(lead, "/complaints", **MARCH)

    assert "2026-03" in page
    assert f"{PAGES}/figures/complaints_received?period=2026-03" in page
    assert all(f"/api/v1/reports/complaints/{kind}?period=2026-03" in page for kind in ("workbook", "page"))


@pytest.mark.parametrize("kind", ["complaints", "retention", "service", "tiers"])
async def test_every_kind_is_a_page_of_the_last_month_by_default(lead, kind):
    assert "2026-02" in await read(lead, f"/{kind}")


async def test_a_figure_is_drawn_with_what_it_means(lead, complaint):
    page = await read(lead, "/figures/complaints_received", **MARCH)

    assert all(said in page for said in ('<svg class="g-trend"', "<polyline", "2025-04", "指标含义", "看 1 条明细"))
    assert "style=" not in page


async def test_the_rows_name_the_case_and_the_customer(lead, complaint):
    page = await read(lead, "/figures/complaints_received/rows", **MARCH)

    assert all(said in page for said in (complaint["number"], "王建国", f"/console/complaints/{complaint['id']}"))
    assert "没有明细" in await read(lead, "/figures/complaints_received/rows", period="2026-01")


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("/complaints", {"period": "2026-13"}, 422),
        ("/nothing", {}, 422),
        ("/figures/nothing", {}, 404),
        ("/figures/complaints_received/rows", {"part": "denominator"}, 409),
    ],
)
async def test_what_there_is_not_is_said(lead, path, params, status):
    assert (await lead.get(f"{PAGES}{path}", params=params)).status_code in (status, 400)


async def test_a_leader_of_an_outlet_sees_that_outlet_only(tenant, complaint):
    await tenant.unit("east")
    lead = await tenant.staff("lead", "manager", unit="east")

    page = await read(lead, "/figures/complaints_received/rows", **MARCH)

    assert "王建国" not in page
    assert (await lead.get(f"{PAGES}/complaints", params={"org_unit_id": complaint["id"]})).status_code == 404
