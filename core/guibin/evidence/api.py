"""`/api/v1/evidence`: for auditors of the whole company, who take home what proves the record."""

from litestar import Controller, Response, post, put

from guibin.context import Act
from guibin.web.routing import AS_IT_IS, gets, posts
from guibin_tenants.principals import may, sees_all

from . import packs, reading, targets
from .packs import NewPack
from .targets import EvidenceTargets

READ = may("audit:read") & sees_all
SETS = may("policy:write") & sees_all
MEDIA = "application/jsonl"


class EvidenceController(Controller):
    path = "/api/v1/evidence"
    tags = ("audit",)
    show = gets("/", reading.log, "How the log of the record stands")
    list_checkpoints = gets("/checkpoints", reading.checkpoints, "The log as it was signed, the latest first")
    show_proof = gets("/rows/{source_id:uuid}/proofs", reading.proof, "That an entry, or a decision, is in the log")
    show_consistency = gets("/consistency", reading.consistent, "That the log only grew between two sizes")
    list_targets = gets("/targets", targets.targets, "Whom checkpoints are shown", needs=READ | SETS)

    @put("/targets", needs=SETS, confirmed=True, summary="Show checkpoints to these witnesses")
    async def set_targets(self, data: EvidenceTargets, act: Act) -> EvidenceTargets:
        return await targets.set_targets(data, act)

    try_target = posts(
        "/targets/{target_id:uuid}/trials",
        targets.send,
        "Have the last checkpoint sent there at once",
        needs=SETS,
        confirmed=True,
        status_code=202,
    )

    @post(
        "/packs",
        needs=READ,
        confirmed=True,
        status_code=200,
        summary="Entries with all that proves them, as a file for guibin-verify",
        media_type=AS_IT_IS,
    )
    async def export_pack(self, data: NewPack, act: Act) -> Response[bytes]:
        return await handed_out(data, act)


async def handed_out(new: NewPack, act: Act) -> Response[bytes]:
    """The pack, to be kept."""
    content = b"".join([line async for line in packs.pack(new, act)])
    name = f"evidence-{act.company.slug}-{act.today.isoformat()}.jsonl"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(content, media_type=MEDIA, headers=headers)
