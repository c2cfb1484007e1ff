"""T3 for pages: every page and every form × another company's ids and × what stands behind a wall: as if the id did not exist."""

import gc
import re
from uuid import uuid4

import pytest

from guibin.console.commands import Commands
from guibin.overview.tabs import TABS
from guibin.work.commands import COMMANDS as OWED

from .test_route_matrix import _fingerprint

PARAMETER = re.compile(r"\{([a-z_]+):(\w+)\}")
# What differs from one answer to the next whatever is asked for: ids, keys made with a form, the session's token.
CHANGING = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
EVERY_ROLE = ("tenant_admin", "manager", "account_manager", "agent")
PEOPLE = [EVERY_ROLE, ("auditor",)]
FOUND_MIN = 20
# What the whole company reads, as tests/isolation/tables.txt says of it, is behind no outlet's wall.
READ_BY_ALL = {
    "/console/assessments/{id}",
    "/console/policy/{id}",
    "/console/policy/announcements/{id}/do/confirm",
}


def fillings(path):
    """What may stand for the words of an address, besides ids: what is done where it is done, each part of a page."""
    names = {name for name, kind in PARAMETER.findall(path) if kind != "uuid"}
    if "kind" in names:
        return [{"kind": kind, "command": name} for kind, held in OWED.items() for name in held.known]
    if "command" in names:
        here = [held for held in gc.get_objects() if isinstance(held, Commands) and path.startswith(f"{held.path}/")]
        return [{"command": name} for name in sorted({name for held in here for name in held.known})]
    if "tab" in names:
        return [{"tab": tab} for tab in TABS]
    return [dict.fromkeys(names, "mobile")]


def addresses(app):
    """(method, address with one id in it) of every page, form and part that names a row."""
    for route in app.routes:
        if not route.path.startswith("/console") or ":uuid}" not in route.path:
            continue
        for handler in getattr(route, "route_handlers", ()):
            for method in sorted(handler.http_methods & {"GET", "POST"}):
                for given in fillings(route.path):
                    yield method, _address(route.path, given)


def _address(path, given):
    return PARAMETER.sub(lambda found: given.get(found[1], "{id}"), path)


async def told(client, method, address, identifier):
    answer = await client.request(
        method, address.replace("{id}", str(identifier)), data={} if method == "POST" else None
    )
    return answer.status_code, answer.headers.get("location", ""), CHANGING.sub("ID", answer.text)


async def differences(world, client, identifier):
    """Addresses that answer otherwise for this id than for one that nobody has."""
    asked = list(addresses(world.litestar))
    assert len(asked) > 150
    found = []
    for method, address in asked:
        nowhere, there = await told(client, method, address, uuid4()), await told(client, method, address, identifier)
        if nowhere != there:
            found.append(f"{method} {address}: {there[:2]} not {nowhere[:2]}")
        assert there[0] < 500, (method, address)
    return found


@pytest.mark.parametrize("roles", PEOPLE)
async def test_pages_answer_for_another_companys_ids_as_for_none(world, two, roles):
    theirs, ours, rows = two
    (everywhere,) = set(rows.values())
    person = await ours.staff("somebody", *roles)
    before = await _fingerprint(theirs)

    assert await differences(world, person, everywhere) == []
    assert await _fingerprint(theirs) == before


@pytest.mark.parametrize("roles", PEOPLE)
async def test_pages_answer_for_what_stands_behind_a_wall_as_for_none(world, served, roles):
    company, rows = served
    (there,) = set(rows.values())
    person = await company.staff("somebody", *roles, unit="here")

    found = await differences(world, person, there)
    assert [line for line in found if line.split()[1].rstrip(":") not in READ_BY_ALL] == []


async def test_there_is_something_to_find(world, served):
    """The rows of the other tests are such as pages show to whoever may see them."""
    company, rows = served
    (there,) = set(rows.values())
    person = await company.staff("somebody", *EVERY_ROLE)
    shown = 0
    for method, address in addresses(world.litestar):
        if method == "GET" and shown < FOUND_MIN:
            shown += (await told(person, method, address, there))[0] == 200

    assert shown >= FOUND_MIN
