"""Playing one branch of a scenario, step by step, up to the first that is not as it says."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from guibin.notices.tables import StaffNotice
from guibin.outbound import signing
from guibin_tenants.refusals import Refusal
from guibin_tenants.scope import fetch, tenant_scope
from guibin_tenants.tables import new_id

from .companies import Stage, Theatre, stage_for
from .matching import differences
from .scenarios import Scenario
from .steps import Call, Deadline, Held, Mailed, Passing, Step, Told, told_in_a_line
from .words import Spoken, UnknownName, duration


class Broken(Exception):
    """A step was not as the scenario says; the message says which, and what was instead."""


async def play(scenario: Scenario, branch: str, theatre: Theatre) -> None:
    """One branch in a company of its own. Raises Broken."""
    where = f"{scenario.file}, {scenario.name}, {branch}"
    try:
        async with stage_for(scenario, theatre) as stage:
            await stage.pass_until(await stage.now())
            for number, step in enumerate(scenario.steps(branch), 1):
                if problem := await _problem(stage, step):
                    clock = (await stage.spoken()).clock
                    raise Broken(
                        f"{where}, step {number} at {clock:%Y-%m-%d %H:%M}: {told_in_a_line(step)}\n  {problem}"
                    )
            if dead := await stage.dead_jobs():
                raise Broken(f"{where}: jobs were given up: {', '.join(dead)}")
    except (Refusal, ValueError) as error:
        fields = "; ".join(f"{each.field}: {each.rule}" for each in getattr(error, "fields", ()))
        raise Broken(f"{where}: {error} {fields}".rstrip()) from error


async def _problem(stage: Stage, step: Step) -> str:
    """What is not as the step says; empty when it is."""
    spoken = await stage.spoken()
    try:
        match step:
            case Call():
                return await _call(stage, step, spoken)
            case Mailed():
                return await _mailed(stage, step, spoken)
            case Passing():
                await stage.pass_until(_until(step, spoken))
                return ""
            case Told():
                return await _told(stage, step, spoken)
            case Deadline():
                return await _deadline(stage, step, spoken)
            case Held():
                return await _held(stage, step, spoken)
    except UnknownName as error:
        return str(error)


async def _call(stage: Stage, step: Call, spoken: Spoken) -> str:
    more: dict[str, Any] = {"params": spoken.filled(step.query)} if step.query else {}
    if step.method in ("post", "put", "patch") or step.body:
        more["json"] = spoken.filled(step.body)
    answer = await stage.ask(step.by, step.method, spoken.filled(step.path), **more)
    found = answer.json() if answer.content else {}
    if step.refused:
        kind = str(found.get("type", "")).rpartition("/")[2] if answer.status_code >= 400 else ""
        if step.refused not in (kind, str(answer.status_code)):
            return f"it was {f'refused as {kind or answer.status_code}' if answer.status_code >= 400 else 'taken'}: {answer.text}"
    elif answer.status_code >= 400:
        return f"it was refused ({answer.status_code}): {answer.text}"
    if step.name:
        stage.known[step.name] = found
    if step.method != "get":
        await stage.pass_until(spoken.now)
    filled = {name: spoken.filled(getattr(step, name)) for name in ("has", "lists", "includes", "lacks")}
    return "; ".join(differences(step, found, filled))


async def _mailed(stage: Stage, step: Mailed, spoken: Spoken) -> str:
    mail = EmailMessage()
    number = new_id()
    mail["From"], mail["Subject"], mail["Message-ID"] = step.sender, step.title, f"<{number}@example.com>"
    mail.set_content(spoken.filled(step.mail))
    box, raw = stage.known[step.into], mail.as_bytes()
    signed = signing.headers(f"msg_{number.hex}", raw, signed_with=[box["secret"]], now=spoken.now)
    box_id = spoken.id_of(f"{step.into}.mailbox.id")
    address = f"/mailboxes/{box_id}/mails"
    answer = await stage.ask(
        "system", "post", address, content=raw, headers={"Content-Type": "message/rfc822", **signed}
    )
    if answer.status_code >= 400:
        return f"it was refused ({answer.status_code}): {answer.text}"
    stage.known[step.name or "mail"] = answer.json()
    await stage.pass_until(spoken.now)
    found = (
        []
        if step.has is None
        else differences(Call(get="/", has=step.has), answer.json(), {"has": spoken.filled(step.has)})
    )
    return "; ".join(found)


def _until(step: Passing, spoken: Spoken) -> datetime:
    if step.after:
        return spoken.now + duration(step.after)
    if "-" in step.at:
        return spoken.local(datetime.fromisoformat(step.at)).astimezone(UTC)
    local = spoken.clock
    hour, minute = (int(part) for part in step.at.split(":"))
    found = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return found if found > local else found + timedelta(days=1)


async def _told(stage: Stage, step: Told, spoken: Spoken) -> str:
    about = UUID(spoken.id_of(step.about)) if step.about else None
    async with tenant_scope(stage.company.id):
        rows = await fetch(
            f"select s.login, count(*) as times from {StaffNotice._meta.tablename} n"
            " join staff s on s.tenant_id = n.tenant_id and s.id = n.staff_id"
            " where n.kind = $1 and ($2::uuid is null or $2 in (n.subject_id, n.customer_id)) group by s.login",
            step.told,
            about,
        )
    told = {row["login"]: row["times"] for row in rows}
    if told.keys() != set(step.to):
        return f"told were {', '.join(sorted(told)) or 'nobody'}; others heard of {await _heard_of(stage)}"
    if step.times is not None and sum(told.values()) != step.times:
        return f"told were {told}"
    return ""


async def _heard_of(stage: Stage) -> str:
    async with tenant_scope(stage.company.id):
        rows = await fetch(f"select kind, count(*) as n from {StaffNotice._meta.tablename} group by kind order by kind")
    return ", ".join(f"{row['kind']} ({row['n']})" for row in rows) or "nothing"


async def _deadline(stage: Stage, step: Deadline, spoken: Spoken) -> str:
    answer = await stage.ask("system", "get", "/timers", params={"subject_id": spoken.id_of(step.of), "limit": "100"})
    found = [one for one in answer.json()["items"] if one["milestone"] == step.deadline]
    if not found:
        return f"there is none: there are {', '.join(one['milestone'] for one in answer.json()['items']) or 'no deadlines'}"
    timer = max(found, key=lambda one: int(one["occurrence"]))
    due, wanted = datetime.fromisoformat(timer["due_at"]), spoken.filled(step.due)
    if wanted and spoken.local(datetime.fromisoformat(wanted)) != due:
        return f"it is due at {due.astimezone(spoken.clock.tzinfo)}"
    if step.state and timer["state"] != step.state:
        return f"it is {timer['state']}"
    if step.late is not None and step.late != (timer["breached_at"] is not None):
        return "it was passed" if not step.late else "it was kept"
    return ""


async def _held(stage: Stage, step: Held, spoken: Spoken) -> str:
    answer = await stage.ask("system", "get", f"/customers/{spoken.id_of(step.of)}/membership")
    held = {one["scheme"]: one["tier"] for one in answer.json()["current"]}
    found = held.get(step.scheme, "")
    return "" if found == step.tier else f"it is {found or 'none'}; held are {held}"
