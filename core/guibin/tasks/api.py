"""`/api/v1/tasks`: what somebody of a role is to do about a customer until when."""

from litestar import Controller

from guibin.audit.answering import lists, reads
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions
from .queries import FORM, LISTED, SUBJECT
from .requests import AskedTaskFilter
from .tables import Task

READ, WRITE = may("records:read"), may("records:write")


class TaskController(Controller):
    path = "/api/v1/tasks"
    tags = ("tasks",)
    list_tasks = lists("/", LISTED, AskedTaskFilter, "Tasks, newest first", recorded=SUBJECT)
    ask = posts("/", actions.ask, "Ask somebody of a role to do something about a customer")
    show = reads("/{task_id:uuid}", FORM, "A task with its deadline", SUBJECT, shows=Task)
    finish = posts("/{task_id:uuid}/ending", actions.finish, "Say what was done about it")
    dismiss = posts("/{task_id:uuid}/dismissal", actions.dismiss, "Say why there is nothing to be done")
