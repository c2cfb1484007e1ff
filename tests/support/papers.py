"""Files to send: pictures, papers and what pretends to be one."""

import io
import zipfile
from typing import Any

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
PLACE = (31.0, 14.0, 3.0)
GPS, LATITUDE, MAKER = 0x8825, 2, 0x010F


def picture(
    format: str = "JPEG", size: tuple[int, int] = (640, 480), *, colour: str = "teal", place: bool = False
) -> bytes:
    """A whole picture; with `place` it says where and with what it was taken."""
    written, more = io.BytesIO(), {}
    if place:
        exif = Image.Exif()
        exif[MAKER] = "Telephone of Wang Min"
        exif.get_ifd(GPS).update({1: "N", LATITUDE: tuple(IFDRational(int(part), 1) for part in PLACE)})
        more["exif"] = exif
    Image.new("RGB", size, colour).save(written, format, **more)
    return written.getvalue()


def document(*entries: tuple[str, bytes], said: str = f"{WORD}.main+xml") -> bytes:
    """An office document, with more entries beside its text."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", f'<Types><Override PartName="/x" ContentType="{said}"/></Types>')
        for name, content in (("word/document.xml", b"<w/>"), *entries):
            packed.writestr(name, content)
    return written.getvalue()


async def send(client: Any, path: str, content: bytes, name: str = "photo.jpg", **said: str) -> Any:
    """A form with the file."""
    return await client.post(path, files={"file": (name, content, "application/octet-stream")}, data=said)


async def added(client: Any, path: str, content: bytes, name: str = "photo.jpg", **said: str) -> Any:
    """The file as it was taken in."""
    answer = await send(client, path, content, name, **said)
    assert answer.status_code == 201, answer.text
    return answer.json()
