"""Rounds of a survey, who was drawn, what was answered, and what is improved because of it."""

from piccolo.columns import JSONB, Bytea, Integer, SmallInt, Text, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, Part, RowOf, TenantTable


class SurveyRound(TenantTable, signed="started"):
    """A survey held once among the customers of an org unit's subtree.

    `policy` is the survey as it was; `seed`, `population` and `sample` make the draw repeatable. `criteria` say whom the
    draw was limited to. Links end at `answer_until`.
    """

    survey = Varchar(length=60)
    org_unit_id = RowOf("org_unit")
    policy = JSONB()
    policy_version = Integer(default=0)
    criteria = JSONB()
    seed = Varchar(length=64)
    population = Integer()
    sample = Integer()
    answer_until = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="org_unit_id",
        indexes=(Index(("started_at desc", "id desc"), name="survey_round_started_idx"),),
        append_only=True,
        checks={"drawn": "sample >= 0"},
    )


class SurveyInvitation(TenantTable, customer=True):
    """A customer who was drawn. The link is computed from the id and signed: it is stored nowhere."""

    round_id = RowOf("survey_round")
    survey = Varchar(length=60)
    invited_at = Timestamptz(default=None, null=True)
    expires_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="kept",
        unique=(("round_id", "customer_id"),),
        indexes=(Index(("customer_id", "survey", "invited_at desc"), name="survey_invitation_customer_idx"),),
        append_only=True,
        checks={"ends": "expires_at is not null and expires_at > invited_at"},
    )


class SurveySending(Part, of="survey_invitation", by="invitation_id", signed="sent"):
    """Somebody took a link to pass it on, and by which channel."""

    channel = Varchar(length=40)


class SurveyAnswer(TenantTable, customer=True):
    """What a customer answered, once per invitation. `scores` by question, `score` their average, both 0 to 100.
    `floor`, `leap` and `near_leap` are the policy's of then.

    The comment stands sealed under the customer's key.
    """

    invitation_id = RowOf("survey_invitation")
    round_id = RowOf("survey_round")
    survey = Varchar(length=60)
    scores = JSONB()
    score = SmallInt()
    floor = SmallInt()
    leap = SmallInt(default=0)
    near_leap = SmallInt(default=0)
    comment_sealed = Bytea(default=None, null=True)
    answered_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="kept",
        unique=(("invitation_id",),),
        indexes=(
            Index(("survey", "answered_at")),
            Index(("answered_at desc", "id desc"), name="survey_answer_answered_idx"),
        ),
        append_only=True,
        checks={"dated": "answered_at is not null"},
    )


class SurveyBenchmark(TenantTable, signed="entered"):
    """What another unit, such as a city of the same province, reached in a year (S05-8): entered by hand, from `source`.

    `question` is one of the survey's, or `overall`; the score is per mille of a hundred points.
    """

    survey = Varchar(length=60)
    question = Varchar(length=60, default="overall")
    year = SmallInt()
    unit = Varchar(length=200)
    score_per_mille = SmallInt()
    source = Varchar(length=200, default="")
    entered_at = Timestamptz(default=None, null=True)

    keys = Keys(
        written_by="company",
        unique=(("survey", "question", "year", "unit"),),
        indexes=(Index(("year desc", "id desc"), name="survey_benchmark_year_idx"),),
        checks={"score_in_range": "score_per_mille >= 0"},
    )


class ImprovementAction(TenantTable, signed="proposed"):
    """What somebody is to change because of a survey, until when (S01-11). It ends with a confirmation.

    `customer_id` is set when it answers one customer's answer.
    """

    round_id = RowOf("survey_round")
    answer_id = RowOf("survey_answer", null=True)
    customer_id = RowOf("customer", null=True)
    text = Text()
    owner_id = RowOf("staff")
    owner_name = Varchar(length=200)
    due_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="kept",
        unowned=("round_id", "owner_id"),
        erasable=("text",),
        wall="customer_id",
        indexes=(Index(("due_at", "id")),),
        checks={"dated": "due_at is not null", "text_given": "length(trim(text)) > 0"},
    )


class ImprovementStep(Part, of="improvement_action", by="action_id", signed="taken"):
    """The owner reported it done, or somebody else confirmed that it works or sent it back."""

    kind = Varchar(length=9)
    note = Text()

    keys = Keys(
        indexes=(
            Index(("action_id",), unique=True, where="kind = 'confirmed'", name="improvement_step_confirmed_idx"),
        ),
        checks={"kind_known": "kind in ('reported', 'confirmed', 'sent_back')"},
    )
