"""What a file is, by its content: what pretends, hides, explodes or is cut is not taken in."""

import io
import struct
import zipfile
import zlib

import pytest
from papers import GPS, MAKER, PDF, WORD, document, picture
from PIL import Image

from guibin.files import bounds
from guibin.files.checking import checked
from guibin.files.names import cleaned
from guibin.files.requests import FileSaid, NewFile
from guibin_tenants.refusals import Invalid

JPEG, PNG, WEBP = picture(), picture("PNG"), picture("WEBP")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
HTML = b"<!doctype html><script>alert(1)</script>"
ZIP = document()


def taken(content, name="x", **said):
    return checked(NewFile(name=name, content=content, said=FileSaid(**said)))


def refused(content, name="x"):
    with pytest.raises(Invalid) as refusal:
        taken(content, name)
    return refusal.value.fields[0].rule


@pytest.mark.parametrize(
    ("content", "name", "found", "kept"),
    [
        (JPEG, "IMG_1.JPG", "image/jpeg", "IMG_1.jpg"),
        (JPEG, "IMG_1.jpeg", "image/jpeg", "IMG_1.jpeg"),
        (JPEG, "photo.html", "image/jpeg", "photo.jpg"),
        (PNG, "图.png", "image/png", "图.png"),
        (WEBP, "x", "image/webp", "x.webp"),
        (PDF, "合同.pdf", "application/pdf", "合同.pdf"),
        (ZIP, "报告.docx", WORD, "报告.docx"),
        (ZIP, "report.zip", WORD, "report.docx"),
        ("姓名,电话\n张三,1\n".encode("gb18030"), "名单.CSV", "text/csv", "名单.csv"),
        ("客户说没有信号。".encode("utf-16"), "记录.txt", "text/plain", "记录.txt"),
        (b"plain words", "page.html", "text/plain", "page.txt"),
    ],
)
def test_the_content_says_what_a_file_is_and_its_name_follows(content, name, found, kept):
    file = taken(content, name)

    assert (file.media_type, file.name) == (found, kept)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (HTML, "photo.png"),
        (HTML, "words.txt"),
        (b"\xef\xbb\xbf  \n" + HTML, "words.txt"),
        (SVG, "photo.svg"),
        (b'<?xml version="1.0"?>' + SVG, "photo.png"),
        (b"GIF89a" + bytes(40), "photo.gif"),
        (b"MZ" + bytes(400), "setup.pdf"),
        (b"#!/bin/sh\nrm -rf /", "notes.txt"),
        (b"\x00\x01\x02\x03" * 40, "notes.txt"),
        (JPEG[: len(JPEG) // 2], "half.jpg"),
        (PNG[:-20], "half.png"),
        (PDF[:40], "half.pdf"),
        (b"\n" + PDF, "shifted.pdf"),
        (PNG + HTML, "polyglot.png"),
        (PNG + ZIP, "polyglot.png"),
        (JPEG + HTML, "polyglot.jpg"),
        (JPEG + ZIP, "polyglot.jpg"),
        (JPEG + PDF, "polyglot.pdf"),
        (WEBP + ZIP, "polyglot.webp"),
        (document(said="application/x-anything"), "a.docx"),
        (document(said=f"{WORD.replace('document', 'macro')}"), "a.docm"),
        (document(("word/vbaProject.bin", b"x")), "macros.docx"),
        (ZIP[: len(ZIP) // 2], "half.docx"),
        (b"PK\x03\x04" + bytes(200), "none.docx"),
    ],
)
def test_what_pretends_hides_or_is_cut_is_not_taken(content, name):
    assert refused(content, name)


def test_a_photograph_may_carry_what_its_telephone_appended():
    assert taken(JPEG + b"SEFH" + bytes(range(256)) * 8 + b"\xff\xda\xff\x00SEFT").media_type == "image/jpeg"


def test_nothing_and_too_much_are_told():
    assert refused(b"") == "not empty"
    assert refused(bytes(bounds.FILE_BYTES_MAX + 1)) == "at most 20 MiB"


def test_a_document_that_unfolds_to_too_much_is_not_unfolded():
    bomb = document(("word/media/a", bytes(200 * 1024 * 1024)))
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        for number in range(bounds.UNPACKED_ENTRIES_MAX + 1):
            packed.writestr(str(number), b"")

    assert len(bomb) < bounds.MIB
    assert refused(bomb, "bomb.docx").startswith("unfolds to at most")
    assert refused(written.getvalue(), "many.docx").startswith("unfolds to at most")


def test_a_picture_that_unfolds_to_too_much_is_not_decoded(monkeypatch):
    def decode(*_):
        raise AssertionError("it was decoded")

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    smaller = picture("PNG", (8_000, 5_001))
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decode)

    assert refused(bomb)
    assert refused(smaller) == "at most 40 million pixels"


def test_what_is_shown_of_a_picture_says_nothing_of_where_it_was_taken():
    content = picture(place=True)
    file = taken(content)
    small = Image.open(io.BytesIO(file.thumbnail or b""))

    assert Image.open(io.BytesIO(content)).getexif().get_ifd(GPS)
    assert b"Wang Min" in content
    assert (dict(small.getexif()), "exif" in small.info, small.format) == ({}, False, "WEBP")
    assert b"Wang Min" not in (file.thumbnail or b"")
    assert max(small.size) == bounds.THUMBNAIL_PIXELS
    # What was sent is kept as it was: it may be evidence of where and when.
    assert file.content == content
    assert MAKER in Image.open(io.BytesIO(file.content)).getexif()


def test_a_picture_is_shown_as_it_was_held():
    exif = Image.Exif()
    exif[0x0112] = 6
    written = io.BytesIO()
    Image.new("RGB", (400, 200), "red").save(written, "JPEG", exif=exif)

    small = Image.open(io.BytesIO(taken(written.getvalue()).thumbnail or b""))

    assert small.size == (96, 192)


def test_an_identity_is_confidential_whoever_forgets_it():
    assert [taken(JPEG, kind=kind).confidential for kind in ("identity", "signature", "photo")] == [True, True, False]
    assert taken(JPEG, kind="identity").thumbnail is None
    assert [taken(content).kind for content in (JPEG, PDF)] == ["photo", "document"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\王\\合同.pdf", "合同.pdf"),
        ("a\x00b\r\nSet-Cookie: x.pdf", "abSet-Cookie_ x.pdf"),
        ("photo\u202efdp.exe", "photofdp.pdf"),
        ("\u200b\ufeff", "file.pdf"),
        ("", "file.pdf"),
        ("...", "file.pdf"),
        ('a<b>"c|d?e*.pdf', "a_b__c_d_e_.pdf"),
        ("e\u0301.pdf", "\u00e9.pdf"),
        ("长" * 300 + ".pdf", "长" * 116 + ".pdf"),
        ("x.pdf.", "x.pdf"),
    ],
)
def test_names_hold_nothing_of_a_path_and_nothing_unseen(name, kept):
    assert cleaned(name, ("pdf",)) == kept
