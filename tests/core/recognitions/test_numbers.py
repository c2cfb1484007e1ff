"""Numbers as switches and staff write them, and names as people are addressed."""

import pytest

from guibin.notation.addressing import addressee
from guibin.notation.telephones import national


@pytest.mark.parametrize(
    "written",
    [
        "13800138000",
        "138 0013 8000",
        "+8613800138000",
        "+86 138-0013-8000",
        "008613800138000",
        "8613800138000",
        "013800138000",
        "+86013800138000",
        "１３８００１３８０００",
        "＋８６１３８００１３８０００",
    ],
)
def test_a_mobile_number_is_the_same_however_it_is_written(written):
    assert national(written) == "13800138000"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("010-6552 9988", "01065529988"),
        ("+86 10 6552 9988", "01065529988"),
        ("+86 010 6552 9988", "01065529988"),
        ("0086 577 8888 1234", "057788881234"),
        ("+86 400 810 0086", "4008100086"),
        ("86123456", "86123456"),
        ("8612345678", "8612345678"),
        ("10086", "10086"),
        ("+44 20 7946 0018", "442079460018"),
        ("+1 (415) 555-0132", "14155550132"),
    ],
)
def test_landlines_short_numbers_and_other_countries_keep_what_tells_them_apart(written, expected):
    assert national(written) == expected


@pytest.mark.parametrize(
    ("name", "sex", "zh", "en"),
    [
        ("张三丽", "female", "张女士", "Ms Zhang"),
        ("欧阳修", "male", "欧阳先生", "Mr Ouyang"),
        ("欧阳", "male", "欧先生", "Mr Ou"),
        ("曾国藩", "male", "曾先生", "Mr Zeng"),
        ("买买提·艾力", "male", "买买提·艾力先生", "Mr Maimaiti·Aili"),
        ("John Smith", "male", "Smith先生", "Mr Smith"),
        ("李四", "", "李四", "李四"),
        ("红旗集团", "", "红旗集团", "红旗集团"),
    ],
)
def test_people_are_addressed_by_surname_and_title_where_both_are_known(name, sex, zh, en):
    assert (addressee(name, sex, "zh-CN"), addressee(name, sex, "en")) == (zh, en)
