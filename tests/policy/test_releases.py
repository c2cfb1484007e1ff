"""Which releases a range holds, by the numbers and not by the letters."""

import pytest

from guibin.policy.releases import fits

RELEASES = ["0.1", "0.2.0", "0.2.1", "0.10", "1"]


@pytest.mark.parametrize(
    ("wanted", "held"),
    [
        ("", RELEASES),
        (">=0.2", ["0.2.0", "0.2.1", "0.10", "1"]),
        (">0.2", ["0.2.1", "0.10", "1"]),
        ("<=0.2", ["0.1", "0.2.0"]),
        ("<0.2", ["0.1"]),
        ("==0.2", ["0.2.0"]),
        ("!=0.2", ["0.1", "0.2.1", "0.10", "1"]),
        (">=0.2, <1.0", ["0.2.0", "0.2.1", "0.10"]),
        (" >= 0.2 ,, < 0.10 ", ["0.2.0", "0.2.1"]),
    ],
)
def test_a_range_holds_every_release_that_each_of_its_clauses_does(wanted, held):
    assert [release for release in RELEASES if fits(wanted, release)] == held


def test_a_build_is_its_release_and_what_is_no_range_is_refused():
    assert fits("==0.2", "0.2+local7")
    with pytest.raises(ValueError, match=r"'~0\.2' is no range"):
        fits("~0.2", "0.2")
