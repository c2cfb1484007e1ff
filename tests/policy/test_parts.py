"""Whose an element of a policy is: the nearest name wins, and what waits for an approval keeps its part to itself."""

from guibin.policy.parts import PolicyPart, covering

CLUB = PolicyPart("club", ("schemes.club",), ("head",))
SCHEMES = PolicyPart("schemes", ("schemes", "settings.club_*"), ("manager",), approval="changing")
CARDS = PolicyPart("cards", ("cards", "parts"), ("desk",))
PARTS = (CLUB, SCHEMES, CARDS)


def test_an_element_is_named_before_its_section_and_by_a_pattern():
    assert [CLUB.names("schemes", called) for called in (("club",), ("other", "club"), ("other",), ("",), ())] == [
        2,
        2,
        0,
        0,
        0,
    ]
    assert [
        SCHEMES.names(*asked) for asked in (("schemes", ("x",)), ("settings", ("club_top",)), ("settings", ("top",)))
    ] == [
        1,
        2,
        0,
    ]
    assert PolicyPart("x", ("schemes",), ("head",)).names("schemes", ("schemes",)) == 1


def test_the_closest_cover_it_and_nobody_what_nobody_covers():
    assert covering(PARTS, "schemes", ("club",)) == (CLUB,)
    assert covering(PARTS, "schemes", ("bank",)) == (SCHEMES,)
    assert covering(PARTS, "care", ("birthday",)) == ()
    assert covering((), "care", ()) == ()
    assert covering((*PARTS, PolicyPart("too", ("schemes",), ("desk",))), "schemes", ("bank",))[0] == SCHEMES


def test_a_part_that_waits_is_changed_as_whatever_waits_for_it():
    assert covering(PARTS, "parts", ("schemes",)) == (SCHEMES,)
    assert covering(PARTS, "parts", ("club",)) == (CARDS,)
    assert covering(PARTS, "cards", ("schemes",)) == (CARDS,)
