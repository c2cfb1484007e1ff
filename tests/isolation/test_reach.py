"""S02-4, S02-6: every route × the rows of another outlet, generated from the application: as if they did not exist.

Whoever does not see the whole company changes nothing that holds for all of it.
"""

from uuid import uuid4

from guibin_tenants.principals import Predicate, sees_all

from .test_route_matrix import PARAMETER, _fingerprint, _routes

# What an outlet writes, by the first part of its address: whose the rows are, or who asks. A new one says so here.
OUTLETS_OWN = {
    "activities": "the outlet's that holds it",
    "activity-invitations": "the customer's",
    "applications": "the customer's",
    "approvals": "the customer's, or the org unit's whose matter it is",
    "archive-findings": "the customer's",
    "call-links": "one's own look, on record",
    "automation-trials": "of the customers whoever asks may see: nothing is written but that they were looked at",
    "campaign-members": "the customer's",
    "campaigns": "the outlet's that starts it",
    "card-applications": "the customer's",
    "card-requests": "the outlet's that asks",
    "card-shipments": "the outlets' between which cards go",
    "card-write-offs": "the outlet's whose stock it is",
    "cards": "the customer's",
    "materials-given": "the customer's",
    "case-signatures": "the customer's",
    "care-tasks": "the customer's",
    "complaint-samples": "the complaint's",
    "complaints": "the customer's, or the org unit's that took it in",
    "customer-reviews": "the customer's",
    "customers": "the org unit's that keeps the archive",
    "department-contacts": "the department's, by whoever sees it",
    "department-requests": "the departments' that ask and are asked",
    "desks": "the org unit's in whose hall it stands",
    "duty-calls": "the customer's, or the org unit's to which it came",
    "duty-rosters": "the org unit's that keeps it",
    "duty-shifts": "the org unit's whose roster it is on",
    "emergency-accesses": "of whoever opens one: the company's whole, one file at a time, by permission, on record",
    "facts": "the customer's",
    "files": "of whatever they are about",
    "hotline-calls": "the org unit of whoever answered, later its customer's",
    "mails": "the org unit of its mailbox's, later its customer's",
    "improvement-actions": "the customer's, or the round's",
    "improvement-measures": "the org unit's",
    "indicators": "the org unit's that asks for it; in force it is the head office's to end",
    "inspection-findings": "the customer's",
    "inspection-items": "the customer's",
    "imports": "the outlet's that takes in its own",
    "interactions": "the customer's",
    "keys": "of an org unit under the admin's: administration asks",
    "lapses": "the customer's, or of whoever lapsed",
    "list-exports": "a file of what whoever asks may see, on record",
    "list-settings": "one's own",
    "me": "one's own",
    "messages": "the customer's, or the member of staff's who is told",
    "needs-analyses": "the customer's",
    "new-services": "tellings and trials are the customer's",
    "notices": "one's own",
    "offer-purchases": "the customer's",
    "offers": "purchases are the customer's",
    "outages": "the org unit's",
    "org-units": "under the admin's own: administration asks; hours of its own are walled",
    "password-resets": "of whoever forgot theirs: a mail to their own address, nothing shown",
    "policy": "one's own, that one has read it",
    "proofs": "of the outlet where it is shown",
    "qualification-records": "of the member of staff, by whoever leads them",
    "reachability-checks": "of whoever is called",
    "reception-orders": "the department's, and whose reception it is",
    "reception-tasks": "the department's, and whose reception it is",
    "receptions": "the customer's",
    "recognitions": "one's own look, on record",
    "redemptions": "the customer's",
    "register-archives": "the customer's",
    "register-entries": "the customer's",
    "registers": "the customer's",
    "relationship-plans": "the customer's",
    "reminders": "the customer's",
    "renewals": "the customer's",
    "report-subscriptions": "one's own",
    "service-requests": "the customer's",
    "sessions": "one's own",
    "sign-ins": "of staff of an org unit under the admin's: administration asks",
    "signals": "the customer's",
    "staff": "of an org unit under the admin's: administration asks",
    "staff-addresses": "one's own, or of staff under the admin's",
    "tasks": "the customer's",
    "survey-invitations": "the customer's",
    "survey-rounds": "the org unit's",
    "surveys": "rounds are the org unit's",
    "unusual-looks": "of whoever looked, by an auditor of their org unit",
    "upward-reports": "the departments' that ask and are asked",
    "views": "one's own; sharing asks for the org unit it is shared with, or sight of the whole company",
    "visits": "the customer's",
    "work-logs": "of whoever's work it is, walled by their org unit",
    "work-plans": "of whoever's plan it is, walled by their org unit",
    "wall-displays": "whoever makes it: it shows no more than they see",
}
# Addresses under which every outlet finds the same: what the whole company has, and its tree of org units.
KNOWN_TO_ALL = {
    "/api/v1/desks",
    "/api/v1/department-contacts",
    "/api/v1/duty-rosters",
    "/api/v1/duty-shifts",
    "/api/v1/new-services",
    "/api/v1/offers",
    "/api/v1/org-units",
    "/api/v1/policy/announcements",
    "/api/v1/assessments",
}


def _handlers(app):
    return [
        (method, route.path, handler)
        for route in app.routes
        if route.path.startswith("/api/v1/")
        for handler in getattr(route, "route_handlers", ())
        for method in handler.http_methods - {"OPTIONS", "HEAD"}
    ]


def _needs_whole(handler) -> bool:
    needs = handler.opt.get("needs")
    return isinstance(needs, Predicate) and sees_all.says in needs.says


def _known_to_all(path):
    return any(path == known or path.startswith(f"{known}/") for known in KNOWN_TO_ALL)


async def test_every_other_route_that_writes_says_whose_the_rows_are(world):
    parts = {
        path.split("/")[3]
        for method, path, handler in _handlers(world.litestar)
        if method != "GET" and not _needs_whole(handler)
    }

    assert sorted(parts) == sorted(OUTLETS_OWN)


async def test_whatever_shows_a_sealed_value_asks_for_the_right_to_disclose(world):
    asked = {
        f"{method} {path}": str(handler.opt["needs"])
        for method, path, handler in _handlers(world.litestar)
        if path.rsplit("/", 1)[-1] in ("disclosure", "disclosures")
    }

    assert len(asked) >= 8
    assert {address for address, needs in asked.items() if "customers:disclose" not in needs} == set()


async def test_another_outlets_ids_answer_as_ids_that_do_not_exist(world, served):
    company, rows = served
    (everywhere,) = set(rows.values())
    client = await company.client("*", org_unit_id=company.units["here"])
    before = await _fingerprint(company)
    differences = []
    for method, path in await _routes(client):
        if _known_to_all(path):
            continue
        nowhere = await _call(client, method, path, uuid4())
        answer = await _call(client, method, path, everywhere)
        if answer != nowhere:
            differences.append(f"{method.upper()} {path}: {answer} not {nowhere}")

    assert differences == []
    assert await _fingerprint(company) == before


async def test_no_list_shows_an_outlet_what_is_anothers(world, served):
    company, rows = served
    (everywhere,) = set(rows.values())
    client, central = await company.client("*", org_unit_id=company.units["here"]), await company.client("*")
    document = (await client.get("/api/v1/openapi.json")).json()
    shown, hidden, unread = [], [], []
    for path, operations in document["paths"].items():
        if "get" not in operations or "{" in path or _known_to_all(path) or not path.startswith("/api/v1/"):
            continue
        if str(everywhere) in (await client.get(path)).text:
            shown.append(path)
        by_customer = f"{path}?customer_id={{id}}"
        if await _call(client, "get", by_customer, everywhere) != await _call(client, "get", by_customer, uuid4()):
            shown.append(by_customer)
        answer = await central.get(path)
        if answer.status_code >= 500:
            unread.append(path)
        if str(everywhere) in answer.text:
            hidden.append(path)

    assert (shown, unread) == ([], [])
    assert len(hidden) >= 25


async def _call(client, method, path, identifier):
    answer = await client.request(method, PARAMETER.sub(str(identifier), path), json=None if method == "get" else {})
    return answer.status_code, answer.text.replace(str(identifier), "ID")
