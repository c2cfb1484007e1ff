"""What may stand in a text, the same wherever one is sent: no NUL, no line break where there is one word, not without end."""

import re
from uuid import uuid4

import msgspec.inspect as inspect
import pytest
from texts import bodies, texts_of

from guibin.policy.packs import Overrides, Pack, Policy

ENDS_THE_PROCESS = (
    inspect.ListType,
    inspect.VarTupleType,
    inspect.TupleType,
    inspect.SetType,
    inspect.FrozenSetType,
    inspect.DictType,
)
PARAMETER = re.compile(r"\{[^}]+\}")
# One text or several: a pattern beside a list makes msgspec end the process, and the archive's fields refuse NUL.
BESIDE_A_LIST = {
    f"guibin.profiles.requests.{struct}.confidential value{place}"
    for struct in ("NewCustomer", "CustomerChange")
    for place in ("", "[]")
}
# What is asked of people and of no key.
OF_PEOPLE = ("/api/v1/me/", "/api/v1/emergency-accesses")
OF_AUDITORS = "/api/v1/emergency-accesses/{access_id:uuid}/review"


@pytest.fixture(scope="module")
def sent(packs):
    """Operation and text, for every text of every body, each once."""
    texts = {
        text.owner: (method, path, text) for (method, path), kind in bodies(packs).items() for text in texts_of(kind)
    }
    return [each for owner, each in texts.items() if owner not in BESIDE_A_LIST]


async def refused(client, method, path, text, value):
    """Whether it is refused at the field it stands in; else what was answered."""
    answer = await client.request(method, PARAMETER.sub(str(uuid4()), path), json=text.given(value))
    errors = answer.json().get("errors", ()) if answer.status_code == 400 else ()
    field = text.owner.rpartition(".")[2].partition("[")[0].partition(" ")[0]
    named = [error for error in errors if re.search(rf"(^|\.){field}(\[|$|\.)", error["field"])]
    return None if named else f"{method} {path} {text.owner}: {answer.status_code} {answer.text[:200]}"


def test_every_text_of_a_request_and_of_a_policy_has_an_end_and_a_pattern(packs):
    texts = {text.owner: text for kind in (Pack, Policy, Overrides, *bodies(packs).values()) for text in texts_of(kind)}

    assert len(texts) > 400
    assert {owner for owner, text in texts.items() if text.type.max_length is None} == set()
    assert {owner for owner, text in texts.items() if text.type.pattern is None} == BESIDE_A_LIST
    assert {
        o for o, t in texts.items() if t.type.pattern and any(isinstance(one, ENDS_THE_PROCESS) for one in t.beside)
    } == set()
    assert {o for o, t in texts.items() if t.type.pattern and not re.fullmatch(r"\^.*\\Z", t.type.pattern)} == set()


async def test_a_nul_is_refused_at_its_field_by_every_text(client, tenant, sent):
    # What is one's own is asked of people.
    person = await tenant.staff("li.wei", "manager")
    auditor = await tenant.staff("an.auditor", "auditor")
    of_people = [auditor if path.endswith(OF_AUDITORS) else person for _, path, _ in sent]
    askers = [one if path.startswith(OF_PEOPLE) else client for one, (_, path, _) in zip(of_people, sent, strict=True)]

    answers = [
        await refused(asker, method, path, text, "abc\x00")
        for asker, (method, path, text) in zip(askers, sent, strict=True)
    ]

    assert [answer for answer in answers if answer] == []


async def test_a_line_break_at_the_end_is_refused_where_there_is_one_word(client, sent):
    words = [each for each in sent if not re.search(each[2].type.pattern, "Some words\n")]

    answers = [await refused(client, method, path, text, "abcdefgh\n") for method, path, text in words]

    assert len(words) > 30
    assert [answer for answer in answers if answer] == []
