"""What every company has before any pack: the generic regulations' least."""

from importlib.resources import files

from guibin.policy.approvals import ApprovalFlow, ApprovalStep
from guibin.policy.complaints import ComplaintPolicy, Escalation, Level
from guibin.policy.deadlines import Hours
from guibin.policy.packs import Pack
from guibin.policy.texts import load

CORE = Pack(
    name="core",
    regulation="S01, S09, S10, S13, S14",
    customer_kinds=("customer", "employee", "partner"),  # S10-1
    complaints=ComplaintPolicy(  # S10-5
        levels=(Level("standard", resolve_within=Hours(24), escalations=(Escalation("manager"),), clause="S10-5"),),
        default_level="standard",
        clause="S10-5",
    ),
    approvals=(ApprovalFlow("exception", subject="application", steps=(ApprovalStep("manager"),), clause="S13-2"),),
    texts=load(files("guibin") / "texts"),
)
