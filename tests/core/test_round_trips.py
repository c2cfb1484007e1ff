"""S07-26: whatever a company keeps goes out, comes in again, and everything is unchanged, however nasty the texts."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tables import KINDS, Tables, counts

from guibin.cases.requests import NewDisclosure
from guibin.spreadsheets.importing import BadRows

YEARLY = NewDisclosure(purpose="yearly check", leaves_to="nobody")

NASTY = st.text(
    st.one_of(
        st.characters(exclude_categories=("Cs",), exclude_characters="\x00"),
        st.sampled_from("\u200b\u202e\ufeff\u00a0\u3000—１Ａ·•'=\"+-@,;\r\n\t\u2028\u0085_x*#（）：，"),
    ),
    max_size=30,
)
LINES = [
    "'000124",
    '="000123"',
    "=1+1",
    "-5",
    "@x",
    "''",
    "a\r\nb\rc\n\nd",
    "_x000D_",
    "５Ｅ＋１０",
    "8.3E+15",
    "2026-03-04",
    "3月4日",
    "1E5",
    "true",
    "0012",
    "1;2",
    "a***b",
    '"x",y',
    "\u202ex\u202c",
    "楼（二）：３号，东",
    "👨‍👩‍👧",
    "\x01\x1f\x7f",
    "\ufffe\uffff",
    "e\u0301",
]
TEXTS = st.one_of(st.sampled_from(LINES), NASTY)


def some(text, otherwise="x"):
    """The text, or another where it says nothing."""
    return text if any(one.isprintable() and not one.isspace() for one in text) else otherwise


async def keep(client, texts):
    """A customer, orders, contacts and complaints with these texts; what the API refuses is left out."""

    async def post(path, body):
        answer = await client.post(f"/api/v1/{path}", json=body)
        assert answer.status_code in (201, 400, 409, 422), answer.text
        return answer.json()["id"] if answer.status_code == 201 and "id" in answer.json() else None

    for place, text in enumerate(texts):
        archive = {"number": f"N{place}", "name": some(text), "kind": "leader", "employer": text, "position": text}
        archive["fields"] = {"special_contribution": text}
        archive["confidential"] = {"address": [some(text), "成都\n二环路"], "phone": "028-87654321转801"}
        customer = await post("customers", archive)
        customer = customer or await post("customers", {"number": f"N{place}", "name": "张三", "kind": "leader"})
        order = {"product": some(text), "price": {"amount": "10", "currency": "JPY" if place % 2 else "CNY"}}
        await post(
            f"customers/{customer}/orders",
            order | {"number": some(text)[:60], "started_on": "2026-01-01", "ends_on": "2027-01-01"},
        )
        contact = {"customer_id": customer, "channel": "phone", "direction": "out", "content": some(text)}
        await post("interactions", contact | {"place": text, "need": text, "handling": text, "number": "028—87654321"})
        await post("complaints", {"customer_id": customer, "text": some(text), "channel": "phone"})
        fact = {"customer_id": customer, "metric": "terminals", "occurred_on": "2026-02-01", "value": 3}
        await client.post(
            "/api/v1/facts", json={"facts": [fact | {"source": text[:40], "source_ref": text, "label": text}]}
        )


@pytest.mark.rule("S07-26")
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(texts=st.lists(TEXTS, min_size=1, max_size=6))
@example(texts=LINES[:14])
@example(texts=LINES[14:])
async def test_everything_comes_back_unchanged(world, tmp_path, texts):
    company = await world.tenant()
    await keep(await company.client(), texts)
    tables = Tables(world, company, tmp_path)

    for kind in KINDS:
        clear = {"clear": YEARLY} if kind == "customers" else {}
        for ending in ("csv", "xlsx"):
            file = await tables.takes(kind, ending, **clear)
            try:
                done = await tables.brings(kind, file)
            except BadRows as refused:
                pytest.fail(f"{kind}.{ending}: {refused.problems}")
            assert counts(done) == (0, 0, done.rows, 0), (kind, ending, done.not_taken)
            assert done.rows or kind in ("facts", "orders")
    masked = await tables.brings("customers", await tables.takes("customers"))
    assert counts(masked) == (0, 0, masked.rows, 0)
