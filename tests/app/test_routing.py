"""What an address needs and takes when its line does not say so."""

import pytest
from litestar import Controller

from guibin.web import routing
from guibin_tenants.principals import may

READ = may("complaints:read")


async def show(complaint_id: int) -> str:
    """Something to show."""
    return str(complaint_id)


def test_what_is_shown_needs_what_the_module_says_of_reading():
    class Shown(Controller):
        of_module = routing.gets("/a", show, "Shown")
        own = routing.gets("/b", show, "Shown", needs=may("audit:read"))

    assert [str(Shown.of_module.opt["needs"]), str(Shown.own.opt["needs"])] == ["complaints:read", "audit:read"]


def test_an_address_that_nobody_said_the_needs_of_is_no_address():
    with pytest.raises((AttributeError, RuntimeError)):

        class _Written(Controller):
            write = routing.posts("/", show, "Written")
