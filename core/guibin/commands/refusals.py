"""What forbids a command."""

from guibin_tenants.refusals import Conflict, Forbidden


class RefusedByRule(Conflict):
    """A rule of the company's own forbids it."""


class NotForThis(Conflict):
    """The command does not go with what it is about."""


class NotAnswerable(Forbidden):
    """Whoever wrote it may not do this any more: somebody who may has to take it over."""
