"""A mapping that fills a field there is not: said before anything is read, with the field that was meant."""

import pytest

from guibin.spreadsheets.mapping import Mapping, Moment, Template, Values, refuse_unknown
from guibin_tenants.refusals import Invalid

KNOWN = ("channel", "received_at", "text")


@pytest.mark.parametrize(
    ("part", "mapping"),
    [
        ("columns", Mapping(columns={"txt": "内容"})),
        ("constants", Mapping(constants={"txt": "x"})),
        ("values", Mapping(values={"txt": Values(column="内容", map={})})),
        ("moments", Mapping(moments={"txt": Moment(date="日期", date_format="%Y")})),
        ("templates", Mapping(templates={"txt": Template(text="{内容}")})),
    ],
)
def test_every_part_of_a_mapping_names_fields_there_are(part, mapping):
    with pytest.raises(Invalid) as raised:
        refuse_unknown(mapping, KNOWN)

    (problem,) = raised.value.fields
    assert (problem.field, problem.value) == (f"mapping.{part}", "txt")
    assert "did you mean text? the fields are channel, received_at, text" in str(problem)


def test_all_of_them_are_told_at_once():
    with pytest.raises(Invalid) as raised:
        refuse_unknown(
            Mapping(columns={"txt": "内容", "text": "内容", "zzz": "内容"}, constants={"chanel": "phone"}), KNOWN
        )

    assert [problem.value for problem in raised.value.fields] == ["txt", "zzz", "chanel"]


def test_fields_there_are_pass():
    refuse_unknown(Mapping(columns={"text": "内容"}, constants={"channel": "phone"}), KNOWN)
    refuse_unknown(Mapping(), KNOWN)
