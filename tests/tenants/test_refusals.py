"""What a refusal is called and says where nobody says it."""

from guibin_tenants.refusals import Conflict


class AlreadyTakenTwice(Conflict):
    """It was taken twice: once is enough (S01-2, S01-3). Of things e.g. like this."""


class CalledOtherwise(AlreadyTakenTwice):
    """Named by hand."""

    kind = "taken"
    title = "It is taken"


class Silent(AlreadyTakenTwice):
    pass


def test_a_refusal_is_called_by_the_words_of_its_name_unless_it_says_otherwise():
    assert [AlreadyTakenTwice.kind, CalledOtherwise.kind] == ["already-taken-twice", "taken"]


def test_what_is_the_case_is_the_first_sentence_without_its_clause_unless_it_says_otherwise():
    assert [AlreadyTakenTwice.title, CalledOtherwise.title, Silent.title] == [
        "It was taken twice: once is enough",
        "It is taken",
        "It was taken twice: once is enough",
    ]
