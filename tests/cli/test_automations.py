"""`guibin tenant automations SLUG stop|go`: the operator's switch for all of a company's automations."""

from guibin_tenants.scope import fetch


async def test_the_operator_stops_all_automations_of_a_company_on_record(guibin, tenant):
    slug = tenant.view.slug
    client = await tenant.client()
    automation = {
        "name": "told",
        "when": {"type": "happens", "event": "complaint_received"},
        "then": [{"type": "notify", "roles": ["manager"], "text": "请留意"}],
    }
    texts = {"automation.told": {"zh": "告知", "en": "Tell"}}
    body = {"note": "自动化", "overrides": {"automations": [automation], "texts": texts}}
    assert (await client.post("/api/v1/policy/versions", json=body)).status_code == 201
    admin = await tenant.staff("admin-1", "tenant_admin")
    assert (await admin.post("/api/v1/automations/told/activation")).status_code == 201

    async def on():
        found = (await admin.get("/api/v1/automations")).json()
        return [(one["on"], one["because"]) for one in found]

    before = await on()
    stopped = await guibin("tenant", "automations", slug, "stop")
    meanwhile = await on()
    again = await admin.post("/api/v1/automations/told/activation")
    gone = await guibin("tenant", "automations", slug, "go")

    assert (before, meanwhile, await on()) == ([(True, "")], [(False, "operator")], [(True, "")])
    assert stopped == (0, f"The automations of {slug} are stopped.\n", "")
    assert again.status_code == 409
    assert gone[0] == 0
    async with tenant.scope():
        rows = await fetch("select purpose from audit_entry where action = 'automation.operator' order by id")
    assert [row["purpose"] for row in rows] == ["stop", "go"]
