"""Reading rounds, invitations, answers and what came of them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.web.paging import Cursor
from guibin_tenants import keyring
from guibin_tenants.keyring import Place
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one

ActionState = Literal["open", "reported", "confirmed"]
# Fewer answers than these say more about single people than about the service.
FEW = 5


class RoundView(Struct, frozen=True, kw_only=True):
    """A survey held once. `invited`, `answered` and `score_avg` (0 to 100) are of the customers one may see."""

    id: UUID
    survey: str
    org_unit_id: UUID
    seed: str
    population: int
    sample: int
    answer_until: datetime
    started_by_name: str
    started_at: datetime
    invited: int
    answered: int
    under_floor: int
    score_avg: float | None


class SurveyInvitationView(Struct, frozen=True, kw_only=True):
    """A customer who was drawn; `sent_at` is the latest sending."""

    id: UUID
    round_id: UUID
    customer_id: UUID
    customer_number: str
    invited_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    answered_at: datetime | None


class AnswerView(Struct, frozen=True, kw_only=True):
    """What a customer answered; `comment` is filled only when one answer is read."""

    id: UUID
    round_id: UUID
    survey: str
    customer_id: UUID
    scores: dict[str, int]
    score: int
    floor: int
    comment: str
    answered_at: datetime


class StepLine(Struct, frozen=True):
    """One step of an improvement."""

    kind: str
    note: str
    taken_by_name: str
    taken_at: datetime


class ActionView(Struct, frozen=True, kw_only=True):
    """An improvement: open, reported by its owner, or confirmed, which ends it."""

    id: UUID
    round_id: UUID
    answer_id: UUID | None
    customer_id: UUID | None
    text: str
    owner_id: UUID
    owner_name: str
    due_at: datetime
    proposed_by_name: str
    proposed_at: datetime
    state: ActionState
    steps: list[StepLine]


_ROUND = (
    "select r.id, r.survey, r.org_unit_id, r.seed, r.population, r.sample, r.answer_until, r.started_by_name,"
    " r.started_at, (select count(*)::int from survey_invitation i where i.tenant_id = r.tenant_id"
    " and i.round_id = r.id) as invited, a.answered, a.under_floor, a.score_avg from survey_round r,"
    " lateral (select count(*)::int as answered, (count(*) filter (where s.score < s.floor))::int as under_floor,"
    " round(avg(s.score), 1)::float8 as score_avg from survey_answer s where s.tenant_id = r.tenant_id"
    " and s.round_id = r.id) a"
)
_ANSWER = (
    "select a.id, a.round_id, a.survey, a.customer_id, a.scores::text as scores, a.score, a.floor, a.answered_at,"
    " a.comment_sealed from survey_answer a"
)
_ACTION = (
    "select * from (select a.id, a.round_id, a.answer_id, a.customer_id, a.text, a.owner_id, a.owner_name, a.due_at,"
    " a.proposed_by_name, a.proposed_at, coalesce((select case s.kind when 'sent_back' then 'open' else s.kind end"
    "   from improvement_step s where s.tenant_id = a.tenant_id and s.action_id = a.id"
    "   order by s.taken_at desc, s.id desc limit 1), 'open') as state from improvement_action a) a"
)


async def round_by_id(round_id: UUID) -> RoundView:
    """Raises NotFound."""
    row = await fetch_one(f"{_ROUND} where r.id = $1", round_id)
    if row is None:
        raise NotFound(f"There is no round {round_id}")
    return msgspec.convert(dict(row), RoundView)


async def rounds(*, survey: str | None, after: Cursor | None, limit: int) -> list[RoundView]:
    """The latest first, at most `limit`."""
    rows = await fetch(
        f"{_ROUND} where ($1::text is null or r.survey = $1)"
        " and ($2::timestamptz is null or (r.started_at, r.id) < ($2, $3::uuid))"
        " order by r.started_at desc, r.id desc limit $4",
        survey,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), RoundView) for row in rows]


async def invitations(round_id: UUID | None, *, after: Cursor | None, limit: int) -> list[SurveyInvitationView]:
    """Those drawn, in a steady order, at most `limit`."""
    rows = await fetch(
        "select i.id, i.round_id, i.customer_id, c.number as customer_number, i.invited_at, i.expires_at,"
        " (select max(s.sent_at) from survey_sending s where s.tenant_id = i.tenant_id and s.invitation_id = i.id)"
        " as sent_at, a.answered_at from survey_invitation i"
        " join customer c on c.tenant_id = i.tenant_id and c.id = i.customer_id"
        " left join survey_answer a on a.tenant_id = i.tenant_id and a.invitation_id = i.id"
        " where ($1::uuid is null or i.round_id = $1) and ($2::timestamptz is null or (i.invited_at, i.id) > ($2, $3::uuid))"
        " order by i.invited_at, i.id limit $4",
        round_id,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), SurveyInvitationView) for row in rows]


async def answers(
    *, round_id: UUID | None, customer_id: UUID | None, under_floor: bool, after: Cursor | None, limit: int
) -> list[AnswerView]:
    """The latest first, at most `limit`, without their comments."""
    rows = await fetch(
        f"{_ANSWER} where ($1::uuid is null or a.round_id = $1) and ($2::uuid is null or a.customer_id = $2)"
        " and (not $3 or a.score < a.floor) and ($4::timestamptz is null or (a.answered_at, a.id) < ($4, $5::uuid))"
        " order by a.answered_at desc, a.id desc limit $6",
        round_id,
        customer_id,
        under_floor,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [_answer(dict(row), "") for row in rows]


async def answer_by_id(answer_id: UUID) -> AnswerView:
    """One answer with its comment. Raises NotFound."""
    row = await fetch_one(f"{_ANSWER} where a.id = $1", answer_id)
    if row is None:
        raise NotFound(f"There is no answer {answer_id}")
    comment = ""
    if row["comment_sealed"] is not None:
        key = await keyring.subject_key(row["customer_id"])
        comment = keyring.unseal(key, comment_place(answer_id), bytes(row["comment_sealed"]))
    return _answer(dict(row), comment)


def comment_place(answer_id: UUID) -> Place:
    """Where an answer's comment is sealed."""
    return Place("survey_answer", "comment_sealed", answer_id)


async def action_by_id(action_id: UUID) -> ActionView:
    """An improvement with its steps. Raises NotFound."""
    row = await fetch_one(f"{_ACTION} where a.id = $1", action_id)
    if row is None:
        raise NotFound(f"There is no improvement {action_id}")
    return await _with_steps(dict(row))


async def actions(
    *, state: ActionState | None, owner_id: UUID | None, after: Cursor | None, limit: int
) -> list[ActionView]:
    """What is due first comes first, at most `limit`."""
    rows = await fetch(
        f"{_ACTION} where ($1::text is null or a.state = $1) and ($2::uuid is null or a.owner_id = $2)"
        " and ($3::timestamptz is null or (a.due_at, a.id) > ($3, $4::uuid)) order by a.due_at, a.id limit $5",
        state,
        owner_id,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [await _with_steps(dict(row)) for row in rows]


def _answer(row: dict[str, Any], comment: str) -> AnswerView:
    row.pop("comment_sealed")
    scores = msgspec.json.decode(row.pop("scores"), type=dict[str, int])
    return AnswerView(**row, scores=scores, comment=comment)


async def _with_steps(row: dict[str, Any]) -> ActionView:
    steps = await fetch(
        "select kind, note, taken_by_name, taken_at from improvement_step where action_id = $1 order by taken_at, id",
        row["id"],
    )
    return msgspec.convert({**row, "steps": [dict(step) for step in steps]}, ActionView)
