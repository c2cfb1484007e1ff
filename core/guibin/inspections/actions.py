"""Going through what was drawn, correcting what was found, and verifying the correction (S08-6)."""

from uuid import UUID

import asyncpg

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.policy.inspections import InspectionPolicy
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin_tenants.keys import hands_of, ids_of
from guibin_tenants.principals import may
from guibin_tenants.receivers import colleague
from guibin_tenants.refusals import Invalid
from guibin_tenants.rows import add, change, locked
from guibin_tenants.scope import fetch_value

from . import queries
from .drawing import INSPECTED
from .drawing import SUBJECT as INSPECTION
from .queries import FINDINGS, FaultView, InspectedView
from .refusals import AlreadyInspected, NotAnInspector, NotTheOwner, NotToCorrect, NotToVerify, OwnWork
from .requests import NewCorrection, NewFault, NewPass, NewVerification
from .tables import InspectionFinding, InspectionItem, InspectionStep

ITEM, SUBJECT, CORRECTION = "inspection_item", "inspection_finding", "correction"


async def pass_item(item_id: UUID, new: NewPass, act: Act) -> InspectedView:
    """Nothing is wrong with it. Raises NotFound, NotAnInspector, OwnWork, AlreadyInspected."""
    item = await _to_inspect(item_id, act)
    if item["result"] is not None:
        raise AlreadyInspected(f"It {item['result']} before")
    await change(InspectionItem, item_id, act, result="passed", note=new.note)
    await _all_inspected(item["inspection_id"], act)
    await done("pass", Case(ITEM, item_id, item["customer_id"]), act)
    return await queries.item(item_id, act)


async def find(item_id: UUID, new: NewFault, act: Act) -> FaultView:
    """Something is wrong with it: its owner is told, with the time to correct it, and who leads the org unit.

    Raises NotFound, NotAnInspector, OwnWork, AlreadyInspected for what passed, Invalid.
    """
    item = await _to_inspect(item_id, act)
    if item["result"] == "passed":
        raise AlreadyInspected()
    policy = await _policy_of(item["inspection_id"], act)
    if policy is None or new.criterion not in policy.criteria:
        known = ", ".join(policy.criteria) if policy else "none: the policy has no such inspection any more"
        raise Invalid.at("criterion", "a criterion of this inspection", f"one of: {known}", new.criterion)
    owner_id = new.owner_id or item["responsible_id"]
    if owner_id is None:
        raise Invalid.at("owner_id", "somebody who corrects it", "nobody is responsible for it: name somebody")
    await colleague(owner_id, field="owner_id")
    if item["result"] is None:
        await change(InspectionItem, item_id, act, result="failed")
        await _all_inspected(item["inspection_id"], act)
    finding_id = await add(
        InspectionFinding,
        act,
        item_id=item_id,
        customer_id=item["customer_id"],
        org_unit_id=item["org_unit_id"],
        inspector=policy.by,
        criterion=new.criterion,
        severity=new.severity,
        text=new.text,
        owner_id=owner_id,
        clause=policy.clause,
    )
    case = Case(SUBJECT, finding_id, item["customer_id"])
    limit = policy.serious_within if new.severity == "serious" else policy.correct_within
    await sla.start(NewTimer(case, CORRECTION, policy.terms(limit, clause=policy.clause), act.now))
    told = Notice(
        "fault_found",
        case,
        org_unit_id=item["org_unit_id"],
        roles=("manager",),
        staff_ids=(owner_id,),
        details={"criterion": new.criterion},
    )
    await notify(told, key=f"fault-found/{finding_id}", now=act.now)
    await done("find", case, act)
    return await FINDINGS.one(finding_id)


async def correct(finding_id: UUID, new: NewCorrection, act: Act) -> FaultView:
    """It is put right, its inspector is told. Raises NotFound, NotTheOwner, NotToCorrect."""
    row = await locked(InspectionFinding, finding_id)
    await FINDINGS.one(finding_id)
    leads = may("approvals:decide")(act.by) and act.by.covers(row["org_unit_id"])
    if row["owner_id"] not in await ids_of(act.by) and not leads:
        raise NotTheOwner()
    if row["state"] != "open":
        raise NotToCorrect(f"It is {row['state']}")
    await _step(row, "corrected", new.text, act)
    await sla.complete_if_any(finding_id, CORRECTION, at=act.now, now=act.now)
    told = Notice(
        "fault_corrected", _case(row), org_unit_id=None, roles=(row["inspector"],), staff_ids=(row["found_by"],)
    )
    await notify(told, key=f"fault-corrected/{finding_id}/{await _steps(finding_id)}", now=act.now)
    await done("correct", _case(row), act)
    return await FINDINGS.one(finding_id)


async def verify(finding_id: UUID, new: NewVerification, act: Act) -> FaultView:
    """The inspector has seen that it is put right, or sends it back, and its time runs on.

    Raises NotFound, NotAnInspector, OwnWork, NotToVerify, Invalid for sending it back without a word.
    """
    row = await locked(InspectionFinding, finding_id)
    await FINDINGS.one(finding_id)
    _refuse_stranger(row["inspector"], act)
    hands = await hands_of(act.by, now=act.now)
    corrected_by = await fetch_value(
        "select taken_by from inspection_step where finding_id = $1 and kind = 'corrected' order by taken_at desc limit 1",
        finding_id,
    )
    if {row["owner_id"], corrected_by} & set(hands):
        raise OwnWork("The correction is yours")
    if row["state"] != "corrected":
        raise NotToVerify(f"It is {row['state']}")
    if not new.accepted and not new.text.strip():
        raise Invalid.at("text", "why it is sent back", "say what is missing")
    await _step(row, "verified" if new.accepted else "returned", new.text, act)
    if not new.accepted:
        await sla.reopen(finding_id, CORRECTION, act)
        told = Notice("fault_returned", _case(row), staff_ids=(row["owner_id"],))
        await notify(told, key=f"fault-returned/{finding_id}/{await _steps(finding_id)}", now=act.now)
    await done("verify" if new.accepted else "return", _case(row), act)
    return await FINDINGS.one(finding_id)


async def _to_inspect(item_id: UUID, act: Act) -> asyncpg.Record:
    row = await locked(InspectionItem, item_id)
    inspector = await fetch_value("select inspector from inspection where id = $1", row["inspection_id"])
    _refuse_stranger(inspector, act)
    if row["responsible_id"] is not None and row["responsible_id"] in await hands_of(act.by, now=act.now):
        raise OwnWork()
    return row


def _refuse_stranger(inspector: str | None, act: Act) -> None:
    if act.by.is_person and inspector not in act.by.roles:
        raise NotAnInspector(f"It is for: {inspector}")


async def _policy_of(inspection_id: UUID, act: Act) -> InspectionPolicy | None:
    name = await fetch_value("select name from inspection where id = $1", inspection_id)
    return next((one for one in act.policy.inspections if one.name == name), None)


async def _all_inspected(inspection_id: UUID, act: Act) -> None:
    left = await fetch_value(
        "select count(*) from inspection_item where inspection_id = $1 and result is null", inspection_id
    )
    if not left:
        await sla.complete_if_any(inspection_id, INSPECTED, at=act.now, now=act.now)


async def _step(row: asyncpg.Record, kind: str, text: str, act: Act) -> None:
    await add(InspectionStep, act, finding_id=row["id"], kind=kind, text=text)
    await change(InspectionFinding, row["id"], state="open" if kind == "returned" else kind)


async def _steps(finding_id: UUID) -> int:
    return int(await fetch_value("select count(*) from inspection_step where finding_id = $1", finding_id))


def _case(row: asyncpg.Record) -> Case:
    return Case(SUBJECT, row["id"], row["customer_id"])


SUBJECTS = (INSPECTION, SUBJECT)
