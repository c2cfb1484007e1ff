"""`/api/v1/department-requests`: asked, taken up, answered."""

from litestar import Controller

from guibin.audit.answering import lists, reads
from guibin.web.routing import gets, posts
from guibin_tenants.principals import anyone, may

from . import actions, contacts, queries
from .actions import SUBJECT
from .queries import LISTED, DepartmentRequestFilter, looking
from .tables import DepartmentRequest

READ, WRITE = may("requests:read"), may("requests:write")


class DepartmentRequestController(Controller):
    path = "/api/v1/department-requests"
    tags = ("department requests",)
    list_requests = lists(
        "/",
        LISTED,
        DepartmentRequestFilter,
        "Your departments' requests and those you asked, newest first",
        recorded=SUBJECT,
        values=lambda act: looking(act.by),
    )
    ask = posts("/", actions.ask, "Ask a department")
    show = reads("/{request_id:uuid}", queries.form, "The request with its history", SUBJECT, shows=DepartmentRequest)
    acknowledge = posts("/{request_id:uuid}/acknowledgement", actions.acknowledge, "The department takes it up")
    answer = posts("/{request_id:uuid}/answer", actions.answer, "What the department did or found")
    hand_back = posts("/{request_id:uuid}/return", actions.hand_back, "Hand it back with the reason; the clock runs on")
    send_again = posts("/{request_id:uuid}/sendings", actions.send_again, "Send it again, there or elsewhere")
    withdraw = posts("/{request_id:uuid}/withdrawal", actions.withdraw, "It is no longer needed")


class DepartmentContactController(Controller):
    path = "/api/v1/department-contacts"
    tags = ("department requests",)
    list_contacts = gets("/", contacts.contacts, "Every department with its contact, or without one", needs=anyone)
    name = posts("/", contacts.name, "Name a department's contact and deputy", needs=may("team:write"))
    end = posts("/{contact_id:uuid}/ending", contacts.end, "The contact is none any more", needs=may("team:write"))
