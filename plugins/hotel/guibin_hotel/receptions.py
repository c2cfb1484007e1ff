"""The five protocols (S11-6 to S11-8): who is told, what is prepared how long before the arrival, with which form.

The regulation says that protocols differ by class and department, and prints none of its tables: the minutes are defaults.
"""

from guibin import (
    ArchiveField,
    Days,
    Escalation,
    Form,
    GuestNeed,
    Hours,
    Protocol,
    Qualification,
    ReceptionPolicy,
    ReceptionTask,
)

HOUR, DAY = 60, 24 * 60
STAYS, QUALIFIED = "stays", "qualified"

FORMS = (
    Form(
        "visiting_party",
        fields=(
            ArchiveField("delegation", required=True),
            ArchiveField("contact_person", required=True),
            ArchiveField("vehicles", "integer"),
            ArchiveField("diet"),
            ArchiveField("security_needs"),
        ),
        clause="S11-7",
    ),
    Form(
        "room_assignment",
        fields=(
            ArchiveField("rooms", required=True),
            ArchiveField("floor", required=True),
            ArchiveField("check_in", "choice", choices=("in_room", "at_desk"), required=True),
        ),
        clause="S11-7",
    ),
    Form(
        "room_inspection",
        fields=(
            ArchiveField("inspected_by", required=True),
            ArchiveField("flowers_and_fruit", "boolean", required=True),
            ArchiveField("defects"),
        ),
        clause="S11-7",
    ),
    Form("menu", fields=(ArchiveField("menu", required=True), ArchiveField("taboos")), clause="S11-7"),
    Form(
        "security_plan", fields=(ArchiveField("route", required=True), ArchiveField("posts", "integer")), clause="S11-7"
    ),
)

_ROOMS = (
    ReceptionTask("front_office", "rooms_assigned", DAY, form="room_assignment", clause="S11-7"),
    ReceptionTask("housekeeping", "rooms_inspected", 4 * HOUR, form="room_inspection", clause="S11-7"),
)
_TABLE = (ReceptionTask("food_beverage", "menu_set", DAY, form="menu", clause="S11-7"),)
_DOOR = (
    ReceptionTask("front_office", "welcome_line", 15, clause="S10-7"),
    ReceptionTask("security", "passage_kept_free", HOUR, clause="S10-7"),
)
_STATE = (
    ReceptionTask("pr_sales", "programme_printed", 2 * DAY, clause="S11-7"),
    ReceptionTask("security", "route_secured", 4 * HOUR, form="security_plan", clause="S11-7"),
    ReceptionTask("engineering", "lifts_checked", 12 * HOUR, clause="S11-7"),
)
# S11-6: the notice goes to every department; whoever prepares nothing has the shift know the guest and the standard.
DEPARTMENTS = ("pr_sales", "front_office", "housekeeping", "food_beverage", "security", "engineering")


def _all(*tasks: ReceptionTask) -> tuple[ReceptionTask, ...]:
    busy = {task.department for task in tasks}
    told = (
        ReceptionTask(each, f"{each}_briefed", 4 * HOUR, clause="S11-6") for each in DEPARTMENTS if each not in busy
    )
    return (*tasks, *told)


_MANNERS = ("dress", "standing_welcome", "guiding")


def _reasons(clause: str, *names: str) -> tuple[Qualification, ...]:
    return tuple(Qualification(name, clause=clause) for name in names)


VA = Protocol(
    name="va",
    approval="va",
    plan_approval="reception_plan",
    qualifications=_reasons("S11-2", "head_of_state", "ministry_leader", "provincial_leader"),
    tasks=_all(*_STATE, *_ROOMS, *_TABLE, *_DOOR),
    etiquette=("management_at_the_door", *_MANNERS, "flowers_presented"),
    channel="main_entrance",
    ask_visiting_party=True,
    form="visiting_party",
    clause="S11-2",
)
VB = Protocol(
    name="vb",
    approval="vb",
    plan_approval="reception_plan",
    qualifications=_reasons(
        "S11-3",
        "government_department_leader",
        "city_leader",
        "investing_group_executive",
        "equal_star_hotel_head",
        "provincial_travel_agency_head",
        "merit_for_the_hotel",
        "guest_of_the_group",
    )
    + _reasons("S11-9", "business_customer_of_the_group"),
    tasks=_all(*_ROOMS, *_TABLE, *_DOOR),
    etiquette=("management_at_the_door", *_MANNERS),
    channel="main_entrance",
    clause="S11-3",
)
VC = Protocol(
    name="vc",
    approval="vc",
    plan_approval="reception_plan",
    qualifications=_reasons("S11-4", "celebrity", "business_guest") + _reasons("S11-9", "media_editor"),
    tasks=_all(*_ROOMS, *_DOOR),
    etiquette=_MANNERS,
    channel="vip_desk",
    clause="S11-4",
)
VD = Protocol(
    name="vd",
    approval="vd",
    plan_approval="reception_plan",
    qualifications=(
        Qualification("full_rate_stays", STAYS, QUALIFIED, clause="S11-5"),
        Qualification("invited_guest", clause="S11-5"),
    ),
    tasks=_all(*_ROOMS),
    etiquette=_MANNERS,
    channel="vip_desk",
    clause="S11-5",
)
CIP = Protocol(
    name="cip",
    approval="cip",
    plan_approval="reception_plan",
    qualifications=_reasons("S11-8", "commercially_important"),
    tasks=_all(*_ROOMS),
    etiquette=_MANNERS,
    channel="vip_desk",
    clause="S11-8",
)

RECEPTION = ReceptionPolicy(
    protocols=(VA, VB, VC, VD, CIP),
    centre=("pr_sales_manager",),  # S11-6
    report_to=("general_manager", "group_chairman"),  # S11-7
    acknowledge_within=Hours(2),
    feedback_within=Days(1),
    answer_within=Days(2),
    needs=(  # what the house knows of a guest from before is asked of nobody again
        GuestNeed("diet", ("food_beverage",), clause="S11-7"),
        GuestNeed("room_preference", ("front_office", "housekeeping"), clause="S11-7"),
        GuestNeed("mobility", ("front_office", "housekeeping", "engineering"), clause="S11-7"),
        GuestNeed("security_needs", ("security",), clause="S11-7"),
        GuestNeed("language", ("pr_sales", "front_office"), clause="S11-7"),
        GuestNeed("title", ("pr_sales", "front_office"), clause="S11-7"),
    ),
    escalations=(Escalation("resident_manager"), Escalation("general_manager", 120)),
    clause="S11-6",
)
