"""Documents of persons who have no resident identity card: spelled, checked by kind."""

import pytest

from guibin.policy.fields import ArchiveField, check_values, is_document, spelled

RIGHT = {
    "passport": ["E12345678", "EA1234567", "P1234567A", "123456789", "AB12345"],
    "home_return_permit": ["H12345678", "M12345678", "H1234567801"],
    "taiwan_permit": ["12345678", "1234567890", "1234567890B"],
    "residence_permit": ["911124198111081033", "CAN110078091010"],
}
WRONG = {
    "passport": ["ABCDEFG", "E1234", "E1234567890", "护照123456"],
    "home_return_permit": ["12345678", "H1234567", "X12345678", "H123456789"],
    "taiwan_permit": ["1234567", "123456789", "T12345678"],
    "residence_permit": ["911124198111081030", "11010519491231002X", "CAN110078991010", "CAN11007809101"],
}


@pytest.mark.parametrize(("kind", "number"), [(kind, number) for kind, several in RIGHT.items() for number in several])
def test_a_number_that_may_be_one_is_taken(kind, number):
    assert is_document(kind, number)


@pytest.mark.parametrize(("kind", "number"), [(kind, number) for kind, several in WRONG.items() for number in several])
def test_a_number_that_cannot_be_one_is_refused(kind, number):
    assert not is_document(kind, number)


@pytest.mark.parametrize("kind", RIGHT)
def test_it_is_spelled_as_people_type_it(kind):
    field = ArchiveField(kind, kind, "confidential", searchable=True)
    number = RIGHT[kind][0]
    typed = f" {number[:3].lower()}－{number[3:]} "

    assert spelled(field, typed) == number
    assert check_values([field], {kind: typed}) == ()
