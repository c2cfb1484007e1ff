"""Whoever asks the API in Chinese is refused in Chinese, also before anybody knows who they are."""

import re
from http import HTTPStatus

import pytest

from guibin.app.document import MEANINGS

CHINESE = {"Accept-Language": "zh-CN"}
TAKEN = {"text": "没有画面", "channel": "phone"}
ENGLISH = re.compile(r"[a-z]{3,} [a-z]{2,}")


@pytest.mark.parametrize(
    ("status", "method", "address", "sent"),
    [
        (401, "GET", "me", {"headers": {"Authorization": "Bearer gb_live_nothing"}}),
        (401, "POST", "sessions", {"json": {"company": "nobody", "login": "wang", "password": "wrong"}}),
        (404, "GET", "nowhere", {}),
        (404, "GET", "complaints/0b7f2a90-2a3c-4f7e-9d35-6f3f6a1f0c11", {}),
        (405, "PUT", "me", {}),
        (400, "POST", "complaints", {"content": b"{", "headers": {"Content-Type": "application/json"}}),
        (400, "GET", "complaints?stat=open", {}),
        (400, "GET", "complaints?state=finished", {}),
        (415, "POST", "complaints", {"content": b"text", "headers": {"Content-Type": "text/plain"}}),
        (422, "GET", "me", {"headers": {"If-Match": "1"}}),
        (422, "POST", "complaints", {"json": TAKEN | {"channel": "carrier_pigeon"}}),
    ],
)
async def test_a_refusal_says_in_chinese_what_is_wrong(client, status, method, address, sent):
    answer = await client.request(method, f"/api/v1/{address}", **sent | {"headers": CHINESE | sent.get("headers", {})})

    told = answer.json()
    said = [told["title"], *(error["rule"] for error in told.get("errors", ()))]
    assert answer.status_code == status
    assert [each for each in said if ENGLISH.search(each) or not re.search("[一-鿿]", each)] == []


async def test_a_scope_that_lacks_is_told_in_chinese(tenant):
    reader = await tenant.client("complaints:read")

    refused = await reader.post("/api/v1/complaints", json=TAKEN, headers=CHINESE)

    assert (refused.status_code, refused.json()["title"]) == (403, "你的角色不能这样做")


def test_every_status_of_the_document_has_words_in_both_languages(world):
    words = world.litestar.state.studio.words
    # What these say is always more than their status: the kind of the refusal.
    told_by_kind = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT, HTTPStatus.GONE}
    told_by_kind |= {HTTPStatus.UNAUTHORIZED, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.SERVICE_UNAVAILABLE}
    kinds = [status.phrase.lower().replace(" ", "-") for status in MEANINGS if status not in told_by_kind]

    assert [kind for kind in kinds if not words.has(f"refusal.{kind}")] == []
