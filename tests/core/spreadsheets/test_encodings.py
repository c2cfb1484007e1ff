"""A text file is read in the encoding it is in, or refused; never in another without a word."""

import pytest

from guibin.spreadsheets.encodings import encoding_of
from guibin.spreadsheets.mapping import Mapping
from guibin.spreadsheets.reading import rows
from guibin_tenants.refusals import Invalid

TRADITIONAL = "number,name,address\nDK1,陳大文,香港九龍彌敦道一號\nDK2,李小明,臺北市信義路五段\n"
SIMPLIFIED = "number,name,address\nDK1,张三,成都市金牛区人民路一号\nDK2,李四,北京市朝阳区\n"


def names(file, mapping=Mapping()):
    return [row.fields["name"] for row in rows(file, mapping)]


@pytest.mark.parametrize("encoding", ["big5", "gb18030", "utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_traditional_characters_are_read_as_they_were_written(tmp_path, encoding):
    file = tmp_path / "a.csv"
    file.write_bytes(TRADITIONAL.encode(encoding))

    if encoding == "gb18030":
        assert encoding_of(file) in ("gb18030", "")
    else:
        assert names(file) == ["陳大文", "李小明"]


@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "gb2312", "utf-8", "utf-16-le"])
def test_simplified_characters_are_read_as_they_were_written(tmp_path, encoding):
    file = tmp_path / "a.csv"
    file.write_bytes(("\ufeff" if encoding == "utf-16-le" else "").encode(encoding) + SIMPLIFIED.encode(encoding))

    assert names(file) == ["张三", "李四"]


@pytest.mark.parametrize("body", [b"number,name\n1,\xff\xff\n", "number,name\n1,café\n2,naïve Zoë\n".encode("latin-1")])
def test_what_cannot_be_told_is_refused_with_what_to_do(tmp_path, body):
    file = tmp_path / "a.csv"
    file.write_bytes(body)

    with pytest.raises(Invalid) as refused:
        names(file)

    assert "--encoding" in refused.value.fields[0].fix


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("body", [SIMPLIFIED, TRADITIONAL, "number,name\nDK1,Łukasz\n", "number,name\nDK1,Zhang\n"])
def test_two_bytes_a_character_without_a_mark_are_refused_until_somebody_says_so(tmp_path, encoding, body):
    file = tmp_path / "a.csv"
    file.write_bytes(body.encode(encoding))

    with pytest.raises(Invalid) as refused:
        names(file)

    assert refused.value.fields[0].fix.startswith("say it: encoding = ")
    assert names(file, Mapping(encoding=encoding)) == [line.split(",")[1] for line in body.splitlines()[1:]]


def test_the_mapping_says_what_the_file_does_not(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes("number,name\n1,Zoë\n".encode("latin-1"))

    assert names(file, Mapping(encoding="latin-1")) == ["Zoë"]
