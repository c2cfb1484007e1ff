"""Posts from a day and until a day: held, acting or for somebody away; they begin and end by themselves, and stay on record."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct, structs

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.events import StaffLeft, at_once
from guibin.notation.plausible import Plausible
from guibin.policy.words import Code
from guibin_tenants import staff
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import Conflict, Forbidden, Invalid, NotFound
from guibin_tenants.rows import add, change, locked, many, missing
from guibin_tenants.scope import execute, fetch_column
from guibin_tenants.staff import StaffView

from . import actions, handing_over, rights
from .rights import RightsChange
from .tables import PostTerm, RoleChange

Capacity = Literal["held", "acting", "deputy"]
TERMS_MAX = 200
_VIEW = (
    "from (select p.id, p.staff_id, s.name as staff_name, p.post, p.capacity, p.from_on, p.until_on, p.begun_at, p.ended_at,"
    " p.given_by_name, case when p.ended_at is not null then 'over' when p.begun_at is not null then 'runs' else 'comes' end as state"
    " from post_term p join staff s on s.tenant_id = p.tenant_id and s.id = p.staff_id) term"
)


class TermOver(Conflict):
    """The post was given up already. Give it anew from a day to come."""


class NewTerm(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A post somebody holds from a day (today where none is said) until and with a day (until it is ended where none is said): in their
    own right, `acting` until it is filled, or as `deputy` for whoever holds it."""

    post: Code
    capacity: Capacity = "held"
    from_on: date | None = None
    until_on: Annotated[date | None, Meta(description="The last day")] = None


class TermChange(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Until and with another day; until it is ended where none is said."""

    until_on: Annotated[date | None, Meta(description="The last day")] = None


class TermView(Struct, frozen=True, kw_only=True):
    """A post of somebody's with its days: `comes`, `runs` or is `over`. Who gave it, and when it truly began and ended."""

    id: UUID
    staff_id: UUID
    staff_name: str
    post: str
    capacity: Capacity
    from_on: date
    until_on: date | None
    begun_at: datetime | None
    ended_at: datetime | None
    given_by_name: str
    state: Literal["comes", "runs", "over"]


async def terms_of(staff_id: UUID, by: Principal) -> list[TermView]:
    """All of somebody's, the latest first. Raises NotFound."""
    account = await actions.account_of(staff_id, by)
    return await many(
        TermView, f"{_VIEW} where staff_id = $1 order by from_on desc, id desc limit {TERMS_MAX}", account.id
    )


async def running() -> list[TermView]:
    """Those that hold now, of everybody in sight."""
    return await many(TermView, f"{_VIEW} where state = 'runs' order by staff_name, id")


async def assign(staff_id: UUID, new: NewTerm, act: Act) -> TermView:
    """The post is theirs from its day on, at once where that is today. Raises NotFound, Invalid for a post that there is not, days that are
    past or one they hold then anyway; Forbidden for more than the giver's own, and for oneself."""
    account, from_on = await _to_be_given(staff_id, new, act)
    term_id = await add(
        PostTerm, act, staff_id=staff_id, post=new.post, capacity=new.capacity, from_on=from_on, until_on=new.until_on
    )
    await noted("staff.term", act, subject="staff", subject_id=account.id, shown=0)
    if from_on <= act.today:
        await _begin(term_id, act)
    return await _shown(term_id)


async def check_assign(staff_id: UUID, new: NewTerm, act: Act) -> RightsChange:
    """What they would gain beside all they hold on its first day. Nothing is changed; raises what `assign` would."""
    account, from_on = await _to_be_given(staff_id, new, act)
    without = await _held_on(account, from_on, await _open_terms(staff_id), act)
    with_it = await _with(without, new.post, act)
    return await rights.between(without, with_it, act, (from_on, new.until_on))


async def change_term(staff_id: UUID, term_id: UUID, new: TermChange, act: Act) -> TermView:
    """It ends by itself another day. Raises NotFound, Forbidden, TermOver, Invalid for a day that is past, before it begins, or on which
    they hold the post by another term."""
    await _to_be_changed(staff_id, term_id, new, act)
    await change(PostTerm, term_id, until_on=new.until_on)
    await noted("staff.term_change", act, subject="staff", subject_id=staff_id, shown=0)
    return await _shown(term_id)


async def check_change(staff_id: UUID, term_id: UUID, new: TermChange, act: Act) -> RightsChange:
    """What they would have for longer, or lose earlier, from when and until when. Nothing is changed; raises what `change_term`
    would."""
    account, term = await _to_be_changed(staff_id, term_id, new, act)
    lasts, ends = term.until_on, new.until_on
    if lasts == ends:
        return await rights.between(account, account, act)
    is_longer = lasts is not None and (ends is None or ends > lasts)
    first, last = (lasts, ends) if is_longer else (ends, lasts)
    assert first is not None
    from_on, others = first + timedelta(days=1), [each for each in await _open_terms(staff_id) if each.id != term_id]
    without = await _held_on(await _less(account, term, act), from_on, others, act)
    with_it = await _with(without, term.post, act)
    before, after = (without, with_it) if is_longer else (with_it, without)
    return await rights.between(before, after, act, (from_on, last))


async def check_end(staff_id: UUID, term_id: UUID, act: Act) -> RightsChange:
    """What they would lose, at once or, where it comes yet, what they will not gain. Nothing is changed; raises what `end_term`
    would."""
    account, term = await _to_be_ended(staff_id, term_id, act)
    if term.state == "runs":
        return await rights.between(account, await _less(account, term, act), act, (act.today, term.until_on))
    others = [each for each in await _open_terms(staff_id) if each.id != term_id]
    without = await _held_on(account, term.from_on, others, act)
    with_it = await _with(without, term.post, act)
    return await rights.between(with_it, without, act, (term.from_on, term.until_on))


async def staff_of(term_id: UUID) -> UUID:
    """Whose it is. Raises NotFound."""
    return (await _shown(term_id)).staff_id


async def _to_be_given(staff_id: UUID, new: NewTerm, act: Act) -> tuple[StaffView, date]:
    account = await actions.in_charge_of(staff_id, act.by)
    if staff_id == act.by.person:
        raise Forbidden("Nobody gives roles or posts to themselves: another admin does")
    if account.left_at is not None:
        raise Invalid.at("post", "somebody who works here")
    if new.post not in {post.name for post in act.policy.posts}:
        raise Invalid.at("post", "one of the company's posts", value=new.post)
    await actions.refuse_beyond((new.post,), account.org_unit_id, act)
    from_on = new.from_on or act.today
    if from_on < act.today:
        raise Invalid.at("from_on", "today or a day to come", value=from_on.isoformat())
    if new.until_on is not None and new.until_on < from_on:
        raise Invalid.at("until_on", "no day before it begins", value=new.until_on.isoformat())
    await _refuse_twice(account, new, from_on)
    return account, from_on


async def _to_be_changed(staff_id: UUID, term_id: UUID, new: TermChange, act: Act) -> tuple[StaffView, TermView]:
    account, term = await _to_be_ended(staff_id, term_id, act)
    if new.until_on is None or (term.until_on is not None and new.until_on > term.until_on):
        # For longer is as given: nobody gives more than they hold, nor anything to themselves.
        if staff_id == act.by.person:
            raise Forbidden("Nobody gives roles or posts to themselves: another admin does")
        await actions.refuse_beyond((term.post,), account.org_unit_id, act)
    if new.until_on is not None and new.until_on < max(act.today, term.from_on):
        rule = "today or a day to come" if new.until_on < act.today else "no day before it begins"
        raise Invalid.at("until_on", rule, value=new.until_on.isoformat())
    others = [each for each in await _open_terms(staff_id) if each.id != term_id and each.post == term.post]
    if any(_overlap(each, term.from_on, new.until_on) for each in others):
        rule, fix = "a post they do not hold then anyway", "end the other first, or give it from a later day"
        raise Invalid.at("until_on", rule, fix, term.post)
    return account, term


async def _to_be_ended(staff_id: UUID, term_id: UUID, act: Act) -> tuple[StaffView, TermView]:
    account = await actions.in_charge_of(staff_id, act.by)
    await locked(PostTerm, term_id)
    term = await _shown(term_id)
    if term.staff_id != account.id:
        raise NotFound(f"There is no term {term_id} of {staff_id}")
    if term.ended_at is not None:
        raise TermOver()
    return account, term


async def _open_terms(staff_id: UUID) -> list[TermView]:
    return await many(TermView, f"{_VIEW} where staff_id = $1 and ended_at is null order by from_on, id", staff_id)


def _overlap(term: TermView, from_on: date, until_on: date | None) -> bool:
    return (term.until_on is None or term.until_on >= from_on) and (until_on is None or term.from_on <= until_on)


async def _held_on(account: StaffView, day: date, terms: Iterable[TermView], act: Act) -> StaffView:
    """What they will hold that day, as far as their posts' days say."""
    posts = await actions.posts_of(act)
    for term in terms:
        over = term.until_on is not None and term.until_on < day
        if term.state == "runs" and over:
            account = await _less(account, term, act)
        elif term.state == "comes" and not over and term.from_on <= day and term.post in posts:
            account = structs.replace(account, roles=staff.with_posts((*account.roles, term.post), posts))
    return account


async def _with(account: StaffView, post: str, act: Act) -> StaffView:
    """As they are once they hold the post, too."""
    roles = staff.with_posts((*account.roles, post), await actions.posts_of(act))
    return structs.replace(account, roles=roles)


async def _less(account: StaffView, term: TermView, act: Act) -> StaffView:
    """As they are once it ended, whether it runs or not."""
    if term.state != "runs" or term.post not in account.roles:
        return account
    brought = (await locked(PostTerm, term.id))["brought"]
    return structs.replace(account, roles=await _roles_without(account, term.post, brought, act))


async def end_term(staff_id: UUID, term_id: UUID, act: Act) -> TermView:
    """They hold it no more from now on, or never will. Raises NotFound, Forbidden, TermOver."""
    await _to_be_ended(staff_id, term_id, act)
    await noted("staff.term_end", act, subject="staff", subject_id=staff_id, shown=0)
    await _end(term_id, act)
    return await _shown(term_id)


async def keep_terms(act: Act) -> None:
    """What ended before today ends, what begins today or should have begins."""
    over = "select id from post_term where ended_at is null and until_on < $1 order by until_on, id"
    for term_id in await fetch_column(over, act.today):
        await _end(term_id, act)
    begin = (
        "select id from post_term where ended_at is null and begun_at is null and from_on <= $1 order by from_on, id"
    )
    for term_id in await fetch_column(begin, act.today):
        await _begin(term_id, act)


@at_once(StaffLeft, name="post_term.staff_id")
async def end_with_leaving(left: StaffLeft, act: Act) -> None:
    """Whoever leaves holds nothing any more, now or to come."""
    await execute("update post_term set ended_at = $2 where staff_id = $1 and ended_at is null", left.staff_id, act.now)


async def _refuse_twice(account: StaffView, new: NewTerm, from_on: date) -> None:
    terms = await many(TermView, f"{_VIEW} where staff_id = $1 and post = $2 and state <> 'over'", account.id, new.post)
    beside = any(_overlap(each, from_on, new.until_on) for each in terms)
    without = new.post in account.roles and not any(each.state == "runs" for each in terms)
    if beside or without:
        rule, fix = "a post they do not hold then anyway", "end the other first, or give it from a later day"
        raise Invalid.at("post", rule, fix, new.post)


async def _begin(term_id: UUID, act: Act) -> None:
    term = await locked(PostTerm, term_id)
    account = await staff.by_id(term["staff_id"])
    posts = await actions.posts_of(act)
    if account.left_at is not None or term["post"] not in posts:
        await change(PostTerm, term_id, ended_at=act.now)
        return
    roles = staff.with_posts((*account.roles, term["post"]), posts)
    brought = [role for role in roles if role not in account.roles and role != term["post"]]
    await change(PostTerm, term_id, begun_at=act.now, brought=brought)
    await _hold(account, roles, act)


async def _end(term_id: UUID, act: Act) -> None:
    """The post goes; so does the role it brought, unless another post brings it or somebody would be left without what they look after."""
    term = await locked(PostTerm, term_id)
    await change(PostTerm, term_id, ended_at=act.now)
    account = await staff.by_id(term["staff_id"])
    if term["begun_at"] is None or account.left_at is not None or term["post"] not in account.roles:
        return
    await _hold(account, await _roles_without(account, term["post"], term["brought"], act), act)


async def _roles_without(account: StaffView, post: str, brought: list[str], act: Act) -> tuple[str, ...]:
    """What is theirs once the post and what it brought are not."""
    posts = await actions.posts_of(act)
    left = tuple(role for role in account.roles if role != post)
    kept = {posts[role] for role in left if role in posts and posts[role] != role}
    without = tuple(role for role in left if role not in brought or role in kept)
    try:
        await handing_over.refuse_losing_part(account, without)
        await actions.refuse_last_admin(account, without)
    except Conflict:
        without = left
    return without or left


async def _hold(account: StaffView, roles: tuple[str, ...], act: Act) -> None:
    given = [role for role in roles if role not in account.roles]
    taken = [role for role in account.roles if role not in roles]
    await staff.change(structs.replace(account, roles=roles))
    entry_id = await noted("staff.change", act, subject="staff", subject_id=account.id, shown=0)
    if given or taken:
        await add(RoleChange, act, entry_id=entry_id, staff_id=account.id, given=given, taken=taken)


async def _shown(term_id: UUID) -> TermView:
    found = await many(TermView, f"{_VIEW} where id = $1", term_id)
    if not found:
        raise missing(PostTerm, term_id)
    return found[0]
