"""What callers write into headers, paths and rows at the same moment is refused, never a fault (5xx) of ours."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from guibin import cli
from guibin.policy.fields import ArchiveField
from guibin.profiles import sheet_rows
from guibin_tenants.refusals import Conflict
from guibin_tenants.scope import execute
from guibin_tenants.violations import VIOLATIONS, refusal_of

# Digits to `isdigit()` and not to `int()`, digits of other scripts, more of them than any number has.
ODD_NUMBERS = ("²", "①", "३", "１", "৩²", "--1", "+1", "1_0", "9" * 5_000, "1" * 20, "-", "")
ODD_COOKIES = ("a,b=c", "guibin_session=", "=", ";;;", "guibin_session=\x7f", 'a="', "guibin_session=gb_sess_,x", "é=1")
ODD_PATHS = ("/api/v1//sessions", "//api/v1/sessions", "/api/v1/sessions//", "/api/v1/%2Fsessions", "/api//v1/me", "//")
ODD_PATHS += ("/api/v1//openapi.json", "/api/v1/sessions/%2e", "/api/v1/./sessions", "/api/v1/me/..", "/api/v1/")
SIGN_IN = {"company": "nobody", "login": "nobody", "password": "correct horse battery"}


@pytest.mark.parametrize("number", ODD_NUMBERS)
async def test_no_if_match_makes_a_fault(client, number):
    header = f'"{number}"'.encode()
    body = {"number": "DK1", "name": "王建国", "kind": "leader"}
    customer = (await client.post("/api/v1/customers", json=body)).json()["id"]

    answer = await client.patch(f"/api/v1/customers/{customer}", json={"name": "李四"}, headers={"If-Match": header})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "If-Match")


@pytest.mark.parametrize("cookie", ODD_COOKIES)
async def test_no_cookie_makes_a_fault(world, cookie):
    async with world.client(Cookie=cookie.encode()) as caller:
        answers = [
            await caller.get("/api/v1/me"),
            await caller.post("/api/v1/sessions", json=SIGN_IN),
            await caller.delete("/api/v1/sessions"),
            await caller.get("/api/v1/openapi.json"),
        ]

    assert [answer.status_code for answer in answers[:2]] == [401, 401]
    assert max(answer.status_code for answer in answers) < 500


async def test_a_session_is_found_beside_cookies_that_are_none(tenant):
    signed_in = await tenant.staff("wang")
    session = signed_in.cookies["guibin_session"]
    signed_in.cookies.clear()

    answer = await signed_in.get("/api/v1/me", headers={"Cookie": f"a,b=c; x; guibin_session={session}; d=e,f"})

    assert answer.status_code == 200


@pytest.mark.parametrize("path", ODD_PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_no_path_beside_an_address_makes_a_fault(client, world, path, method):
    url = f"http://guibin.test{path}"
    async with world.client() as nobody:
        answers = [await caller.request(method, url, json=SIGN_IN) for caller in (client, nobody)]

    assert max(answer.status_code for answer in answers) < 500


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (
            "/api/v1/staff",
            {"login": "wang", "name": "王芳", "roles": ["account_manager"], "password": "correct horse battery"},
            "login",
        ),
        ("/api/v1/org-units", {"code": "outlet", "name": "网点", "parent": "head-office"}, "code"),
    ],
)
async def test_the_same_written_by_many_at_once_is_there_once(client, path, body, field):
    answers = await asyncio.gather(*(client.post(path, json=body) for _ in range(8)))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 201
    assert set(statuses[1:]) <= {409, 422}
    refused = [answer.json() for answer in answers if answer.status_code != 201]
    assert {problem["errors"][0]["field"] for problem in refused} == {field}


async def test_every_violation_of_a_constraint_is_a_refusal(tenant):
    """Each that PostgreSQL raises here, by way of a row that breaks it."""
    insert = "insert into org_unit (id, code, name, parent_id) values ($1, $2, '', $3)"
    found = []
    for row in ((uuid4(), "head-office", None), (uuid4(), "another", uuid4())):
        try:
            async with tenant.scope():
                await execute(insert, *row)
        except VIOLATIONS as error:
            found.append(refusal_of(error))

    assert [(refusal.status, refusal.fields[0].field) for refusal in found] == [
        (409, "code"),
        (422, "parent_id"),
    ]


async def test_a_deadlock_is_a_refusal_and_the_other_goes_on(tenant, client):
    bodies = [{"number": f"DK{n}", "name": "王建国", "kind": "leader"} for n in range(2)]
    ids = [(await client.post("/api/v1/customers", json=body)).json()["id"] for body in bodies]
    both_have_one = asyncio.Barrier(2)

    async def lock(first, second):
        async with tenant.scope():
            await execute("select 1 from customer where id = $1 for update", first)
            await both_have_one.wait()
            await execute("select 1 from customer where id = $1 for update", second)

    outcomes = await asyncio.gather(lock(*ids), lock(*reversed(ids)), return_exceptions=True)
    (failed,) = [outcome for outcome in outcomes if outcome is not None]

    assert isinstance(failed, VIOLATIONS)
    assert isinstance(refusal_of(failed), Conflict)


def test_the_command_line_says_a_violation_in_a_sentence(monkeypatch, capsys):
    def broken(_):
        raise asyncpg.UniqueViolationError("duplicate key value violates unique constraint")

    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(SystemExit) as ended:
        cli.main(["import"])

    assert ended.value.code == 1
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("number", ODD_NUMBERS)
@pytest.mark.parametrize("kind", ["integer", "money"])
def test_no_figure_of_a_file_makes_a_fault(number, kind):
    assert isinstance(sheet_rows._typed(ArchiveField("figure", kind), number), int | str)
