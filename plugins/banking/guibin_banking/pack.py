"""The four regulations together; each bank enables the schemes it uses."""

from importlib.resources import files

from guibin import ArchiveField, Kpi, Pack, Register, StaffQualification, load

from . import corporate, offices, personal, rights

PACK = Pack(
    name="banking",
    regulation="银行分行VIP贵宾客户服务管理办法; 银行对公VIP客户管理办法; 个人VIP客户管理暂行办法; 信用社个人VIP客户服务管理办法",
    in_place=rights.IN_PLACE,
    posts=offices.POSTS,
    parts=offices.PARTS,
    customer_kinds=(personal.PERSONAL, corporate.CORPORATE),
    organisations=(corporate.CORPORATE,),
    fields=(
        ArchiveField("identity_number", "identity_number", "confidential", True, clause="S08-3"),
        ArchiveField("education", "choice", choices=("primary", "secondary", "tertiary"), clause="S02-5"),
        ArchiveField("unified_credit_code", "credit_code", "confidential", True, clause="S04-1"),
    ),
    forms=personal.FORMS,
    settings=(*personal.SETTINGS, *corporate.SETTINGS),
    schemes=(personal.BANK_SCHEME, corporate.LIST_SCHEME, corporate.INTERNATIONAL_SCHEME, personal.COOPERATIVE_SCHEME),
    service_items=rights.SERVICE_ITEMS,
    entitlements=rights.ENTITLEMENTS,
    cards=rights.CARDS,
    activities=rights.ACTIVITIES,
    department_tasks=offices.DEPARTMENT_TASKS,
    approvals=(*offices.APPROVALS, *offices.PLAN_FLOWS),
    plan_reviews=offices.PLAN_REVIEWS,
    inspections=offices.INSPECTIONS,
    qualifications=(  # S08-7: the account-manager team is built up and trained; how often, the regulation leaves open
        StaffQualification(name="account_manager_training", posts=("account_manager",), clause="S08-7"),
    ),
    cadences=rights.CADENCES,
    registers=(Register("vip_file", scheme=personal.BANK, clause="S02-5"),),
    kpis=(Kpi("vip_retained", "members_retained", "members_at_start", 950, clause="S04-4"),),
    topics=(
        "deposits",
        "funds",
        "insurance",
        "precious_metals",
        "card_offers",
    ),  # S02-2, S02-3: what a customer may decline to hear about
    texts=load(files("guibin_banking") / "texts"),
)
