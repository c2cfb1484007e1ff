"""A campaign, whom it was drawn to reach, who was reached, and how they responded."""

from piccolo.columns import JSONB, BigInt, Date, Integer, SmallInt, Text, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, Part, RowOf, TenantTable


class Campaign(TenantTable, signed="started"):
    """What is offered to which `segment`, as it was selected on `starts_on`.

    Results are measured over `window_days` from then, beside as many days before. `control_percent` of those who may be
    contacted are not, so that there is something to compare with; `seed` makes the draw repeatable. Conversion is
    measured in `scheme`, spending by the facts called `fact`, in `unit`. An org unit's own reaches its customers; without
    `org_unit_id` it is the whole company's, and every outlet contacts those of its own.
    """

    title = Varchar(length=200)
    text = Text(default="")
    channel = Varchar(length=40)
    topic = Varchar(length=60, default="")
    segment = JSONB()
    scheme = Varchar(length=60, default="")
    fact = Varchar(length=60, default="")
    unit = Varchar(length=12, default="")
    starts_on = Date(default=None, null=True)
    window_days = Integer()
    control_percent = SmallInt(default=0)
    budget = Integer(default=None, null=True)
    seed = Varchar(length=64)
    policy_version = Integer(default=0)
    org_unit_id = RowOf("org_unit", null=True)

    keys = Keys(
        wall="org_unit_id",
        everybodys=True,
        written_by="org_unit_id",
        indexes=(Index(("started_at desc", "id desc"), name="campaign_started_idx"),),
        append_only=True,
        checks={"measured": "starts_on is not null and window_days > 0"},
    )


class CampaignMember(TenantTable, customer=True):
    """A customer of the segment: to be contacted, kept as control, or excluded because of what they said.

    `tier` is the one held in the campaign's scheme on its first day.
    """

    campaign_id = RowOf("campaign")
    part = Varchar(length=9)
    because = Varchar(length=100, default="")
    channel = Varchar(length=40, default="")
    tier = Varchar(length=60, default=None, null=True)

    keys = Keys(
        begins="open",
        unique=(("campaign_id", "customer_id"),),
        indexes=(Index(("campaign_id", "part", "id")), Index(("customer_id", "campaign_id"))),
        append_only=True,
        checks={"part_known": "part in ('contacted', 'control', 'excluded')"},
    )


class CampaignContact(Part, of="campaign_member", by="member_id", signed="contacted"):
    """A member was contacted, once."""

    channel = Varchar(length=40)

    keys = Keys(unique=(("member_id",),))


class CampaignResponse(Part, of="campaign_member", by="member_id", signed="recorded", erasable=("note",)):
    """What a contacted member did: asked, bought, or declined. The latest of each member counts."""

    kind = Varchar(length=10)
    note = Text(default="")
    responded_at = Timestamptz(default=None, null=True)

    keys = Keys(
        indexes=(Index(("member_id", "responded_at desc")),),
        checks={"kind_known": "kind in ('interested', 'bought', 'declined')", "dated": "responded_at is not null"},
    )


class CampaignCost(Part, of="campaign", signed="recorded"):
    """What was spent on it, in minor units; less than 0 takes an earlier entry back."""

    what = Varchar(length=200)
    amount = BigInt()
    currency = Varchar(length=3, default="CNY")
    spent_on = Date(default=None, null=True)

    keys = Keys(
        written_by="campaign_id",
        indexes=(Index(("campaign_id", "spent_on")),),
        checks={"dated": "spent_on is not null"},
    )
