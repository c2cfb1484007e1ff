"""What two people mean as the same is one spelling, whatever their keyboard and spreadsheet program made of it."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from guibin.notation.spelling import code, compact, dotted, line, made_a_date, paragraph, shortened
from guibin.notation.telephones import Telephone, is_telephone, telephone, written
from guibin.policy.fields import ArchiveField, check_values, is_credit_code, spelled

NASTY = st.text(
    st.one_of(
        st.characters(exclude_categories=("Cs",)),
        st.sampled_from("\u200b\u202a\u202e\ufeff\u00a0\u3000\u00ad\u2014１Ａ·•'=\"\r\n\t\u2028\u0085\x00\ufe0f\u3164"),
    )
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("张　三", "张 三"),
        ("\ufeff张三\u200b", "张三"),
        ("\u202a张三\u202c", "张三"),
        ("张\u00a0三", "张 三"),
        ("Ｊｏｈｎ　Ｓｍｉｔｈ", "John Smith"),
        ("张三\ufe0f", "张三"),
        ("张\u3164三", "张三"),
        (" a\r\n b ", "a b"),
    ],
)
def test_a_line_holds_nothing_that_nobody_sees(typed, kept):
    assert line(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ('="000123"', "000123"),
        ("'000124", "000124"),
        ("ＤＫ－００１", "DK-001"),
        ("DK–001", "DK-001"),
        ("DK—001", "DK-001"),
        ("DK\u2011001", "DK-001"),
        ("\u200e000125\u200e", "000125"),
        ("第一", "第一"),
    ],
)
def test_a_code_is_not_another_one_because_of_how_it_was_typed(typed, kept):
    assert code(typed) == kept


@given(NASTY)
@example("'''1")
@example("U¨")
@example('="="1""')
def test_what_is_kept_is_kept_as_it_is_the_next_time(text):
    for spelling in (line, paragraph, code, compact, dotted, written):
        kept = spelling(text)
        assert spelling(kept) == kept
        assert not {one for one in kept if unicodedata.category(one) == "Cc"} - {"\n", "\t"}


@pytest.mark.parametrize(
    "typed",
    ["11010519491231002x", "１１０１０５１９４９１２３１００２Ｘ", "110105 19491231 002X", "110105-19491231-002x"],
)
def test_an_identity_number_is_right_however_it_is_typed(typed):
    field = ArchiveField("identity_number", "identity_number")

    assert (spelled(field, typed), check_values([field], {field.name: typed})) == ("11010519491231002X", ())


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("91110000600037341L", True),
        ("91110000600037341l", True),
        ("9111 0000 6000 3734 1L", True),
        ("911100006000373410", False),
        ("91110000600037341O", False),
        ("91110000600037431L", False),
        ("ABCDEFGHJKLMNPQRTU", False),
        ("8.30012E+15", False),
    ],
)
def test_a_credit_code_has_its_check_digit(number, right):
    field = ArchiveField("unified_credit_code", "credit_code")

    assert (check_values([field], {field.name: number}) == ()) is right
    assert is_credit_code(spelled(field, number)) is right


@given(st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"), st.integers(0, 17))
def test_no_single_character_of_a_credit_code_may_be_another(character, place):
    right = "91110000600037341L"
    changed = right[:place] + character + right[place + 1 :]

    assert is_credit_code(changed) is (changed == right)


@pytest.mark.parametrize("typed", ["8.30012E+15", "8.30012e15", "6.21E+18", "1,5E+12"])
def test_a_shortened_number_is_known_as_one(typed):
    card = ArchiveField("smart_card_number", searchable=True)

    assert shortened(typed)
    assert [problem.field for problem in check_values([card], {card.name: typed})] == ["smart_card_number"]


@pytest.mark.parametrize("typed", ["8300123456789012", "5E-3", "1E+5", "E+15", "12.5", ""])
def test_whole_numbers_are_not_taken_for_shortened_ones(typed):
    assert not shortened(typed)


@pytest.mark.parametrize(
    "typed", ["3月4日", "2026年3月4日", "4-Mar", "Mar-04", "2026-03-04", "2026/3/4", "2026-03-04 00:00:00"]
)
def test_what_was_made_a_date_is_known(typed):
    assert made_a_date(typed)


@pytest.mark.parametrize("typed", ["3-4", "2026-0304", "DK-2026-03-04", "20260304", "1-Mart", "2026-13-04"])
def test_numbers_that_look_a_little_like_dates_are_numbers(typed):
    assert not made_a_date(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "028-87654321",
        "028—87654321",
        "028——87654321",
        "028－87654321",
        "028一87654321",
        "(028)8765-4321",
        "（０２８）８７６５４３２１",
        "\u202a028\u00a08765\u200b4321\u202c",
        "+86 (0)28 8765 4321",
        "028.8765.4321",
        "'02887654321",
        '="02887654321"',
    ],
)
def test_a_landline_is_one_number_however_it_is_typed(typed):
    assert (telephone(typed), is_telephone(typed)) == (Telephone("02887654321"), True)


@pytest.mark.parametrize(
    "typed",
    [
        "-801",
        "转801",
        "轉801",
        " 分机 801",
        " ext. 801",
        " x801",
        "#801",
        "，801",
        ";ext=801",
        "(转801)",
        " - 801",
        "分机号：801",
    ],
)
def test_an_extension_is_not_part_of_the_number(typed):
    for main in ("028-87654321", "(028)8765-4321", "+86 28 8765 4321"):
        assert (telephone(main + typed), is_telephone(main + typed)) == (Telephone("02887654321", "801"), True)


@pytest.mark.parametrize(
    ("typed", "main"),
    [
        ("400-800-1234", "4008001234"),
        ("4008-100-086", "4008100086"),
        ("138-0013-8000", "13800138000"),
        ("010-6552-9988", "01065529988"),
        ("0577-8888-1234", "057788881234"),
        ("+44 20 7946-0018", "442079460018"),
    ],
)
def test_the_last_group_of_a_number_is_not_an_extension(typed, main):
    assert telephone(typed) == Telephone(main)


@pytest.mark.parametrize(
    "typed", ["", "tel", "12", "138 0013 8000 9999 9999", "13800138000;13900139000", "=1+1", "8.3E+15"]
)
def test_what_is_no_telephone_number_is_none(typed):
    assert not is_telephone(typed)
