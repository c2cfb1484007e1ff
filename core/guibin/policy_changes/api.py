"""`/api/v1/policy/…`: whose each part of the policy is, what they propose, what was changed, and who has read it."""

from http import HTTPStatus

from litestar import Controller

from guibin.audit.answering import lists
from guibin.policies.bounds import OVERRIDES_BYTES_MAX
from guibin.policies.queries import versions as every_version
from guibin.web.routing import ALSO, deletes, gets, patches, posts
from guibin_tenants.principals import may, may_any, sees_all

from . import actions, announcing, drafts, effects, queries, versions
from .queries import ANNOUNCEMENTS, PROPOSALS, AnnouncementFilter, ProposalFilter, looking

READ = may("policy:read")
# A draft is nobody's at an outlet: it hears of what was decided.
DRAFTS = READ & sees_all
PROPOSE = may("policy:propose") & sees_all
WRITE = may("policy:write") & sees_all
AMEND = may_any("policy:write", "policy:propose") & sees_all
# It is worked out from what customers wrote.
SIMULATE = AMEND & may("complaints:read")
WATCH = may_any("approvals:decide", "audit:read")

# Of what names the version it was made from: there may be a later one.
CHANGED_MEANWHILE = {ALSO: (HTTPStatus.PRECONDITION_FAILED,)}
# Spaces and escapes included: what is larger is not even read.
BODY_BYTES_MAX = 4 * OVERRIDES_BYTES_MAX


class PolicyVersionController(Controller):
    path = "/api/v1/policy/versions"
    tags = ("policy",)
    list_versions = gets("/", every_version, "Every version, latest first")
    write = posts(
        "/",
        versions.write,
        "Write a new version, of parts that wait for no approval",
        needs=WRITE,
        request_max_body_size=BODY_BYTES_MAX,
        confirmed=True,
    )


class PolicyOverridesController(Controller):
    path = "/api/v1/policy/overrides"
    tags = ("policy",)
    show = gets("/", versions.own, "What the company says itself, and what its packs would say", needs=DRAFTS)
    amend = patches(
        "/",
        versions.amend,
        "Change a part or a figure of the policy, and nothing else",
        needs=AMEND,
        request_max_body_size=BODY_BYTES_MAX,
        opt=CHANGED_MEANWHILE,
        confirmed=True,
    )


class PolicyCheckController(Controller):
    path = "/api/v1/policy/checks"
    tags = ("policy",)
    check = posts(
        "/",
        versions.check,
        "What a change would bring; writes nothing",
        needs=AMEND,
        request_max_body_size=BODY_BYTES_MAX,
        opt=CHANGED_MEANWHILE,
        status_code=200,
    )


class PolicySimulationController(Controller):
    path = "/api/v1/policy/simulations"
    tags = ("policy",)
    simulate = posts(
        "/",
        effects.simulate,
        "Last quarter's complaints as a change would have had them; writes nothing",
        needs=SIMULATE,
        request_max_body_size=BODY_BYTES_MAX,
        status_code=200,
        opt=CHANGED_MEANWHILE,
    )


class PolicyDifferenceController(Controller):
    path = "/api/v1/policy/differences"
    tags = ("policy",)
    show = gets("/", versions.between, "What one version says otherwise than another or than the packs", needs=READ)


class PolicyRestorationController(Controller):
    path = "/api/v1/policy/restorations"
    tags = ("policy",)
    restore = posts(
        "/", versions.restore, "The policy says again what it said in a version", needs=WRITE, confirmed=True
    )


class PolicyCancellationController(Controller):
    path = "/api/v1/policy/cancellations"
    tags = ("policy",)
    cancel = posts("/", versions.cancel, "A version that is to come does not take effect", needs=WRITE, confirmed=True)


class PolicyDraftsController(Controller):
    path = "/api/v1/policy/drafts"
    tags = ("policy",)
    list_drafts = gets("/", drafts.drafts, "Who is drafting what of the policy, the latest change first", needs=DRAFTS)


class PolicyDraftController(Controller):
    path = "/api/v1/policy/draft"
    tags = ("policy",)
    show = gets("/", drafts.mine, "One's own draft, checked against the policy in force", needs=AMEND)
    gather = patches(
        "/",
        drafts.gather,
        "Take changes into one's draft, or out of it",
        needs=AMEND,
        request_max_body_size=BODY_BYTES_MAX,
    )
    give_up = deletes("/", drafts.give_up, "Give the draft up", needs=AMEND)
    send = posts(
        "/versions",
        drafts.send,
        "What is gathered becomes a version or a proposal",
        needs=AMEND,
        confirmed=True,
        opt=CHANGED_MEANWHILE,
    )
    simulate = posts(
        "/simulations",
        effects.drafted,
        "Last quarter as one's own draft would have had it; writes nothing",
        needs=SIMULATE,
        status_code=200,
    )
    list_references = gets(
        "/references", drafts.references, "What refers to an element, before it is removed", needs=AMEND
    )


class PolicyPartController(Controller):
    path = "/api/v1/policy/parts"
    tags = ("policy",)
    list_parts = gets("/", queries.parts, "The parts of the policy, and whose each is")


class PolicyProposalController(Controller):
    path = "/api/v1/policy/proposals"
    tags = ("policy",)
    list_proposals = lists("/", PROPOSALS, ProposalFilter, "Proposed changes, newest first", needs=DRAFTS)
    propose = posts("/", actions.propose, "Propose a change of one's part of the policy", needs=PROPOSE, confirmed=True)
    show = gets("/{proposal_id:uuid}", queries.proposal, "A proposed change, the old beside the new", needs=DRAFTS)


class PolicyAnnouncementController(Controller):
    path = "/api/v1/policy/announcements"
    tags = ("policy",)
    list_announcements = lists(
        "/", ANNOUNCEMENTS, AnnouncementFilter, "What versions changed, newest first", values=looking
    )
    show = gets("/{announcement_id:uuid}", queries.announcement, "What a version changed, the old beside the new")
    confirm = posts("/{announcement_id:uuid}/readings", announcing.confirm, "I have read it", needs=READ)
    list_readers = gets("/{announcement_id:uuid}/readers", queries.readers, "Who has read it, who has not", needs=WATCH)
