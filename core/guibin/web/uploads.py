"""Forms with files, read in memory: what somebody sends in confidence is written to no disk in clear."""

from http import HTTPStatus

from msgspec import Struct
from multipart import MultipartError, PushMultipartParser, parse_options_header

from guibin_tenants.refusals import Invalid, Refusal

FORM = "multipart/form-data"
PARTS_MAX = 20
FIELD_BYTES_MAX = 8_000


class NotAForm(Refusal):
    """This address takes a form with a file. The body is of another kind than the address takes."""

    kind = "unsupported-media-type"
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class Upload(Struct, frozen=True):
    """A file as it was sent; what it is called is not to be trusted."""

    name: str
    content: bytes


class Sent(Struct, frozen=True):
    """A form: the last value of each field, and the files."""

    fields: dict[str, str]
    files: list[Upload]


def boundary_of(content_type: str) -> bytes:
    """What stands between the parts; empty for a body that is no form."""
    kind, options = parse_options_header(content_type)
    return str(options.get("boundary", "")).encode() if kind == FORM else b""


def read(content_type: str, body: bytes) -> Sent:
    """The form. Raises NotAForm, Invalid."""
    boundary = boundary_of(content_type)
    if not boundary:
        raise NotAForm(f"Send the header Content-Type: {FORM}")
    try:
        return _parts(boundary, body)
    except (MultipartError, ValueError):
        raise Invalid.at("data", f"a whole form of at most {PARTS_MAX} parts") from None


def _parts(boundary: bytes, body: bytes) -> Sent:
    fields: dict[str, str] = {}
    files: list[Upload] = []
    part, chunks = None, bytearray()
    with PushMultipartParser(boundary, content_length=len(body), max_segment_count=PARTS_MAX) as parser:
        for found in parser.parse(body):
            if isinstance(found, bytes | bytearray):
                chunks += found
            elif found is not None:
                part, chunks = found, bytearray()
            elif part is not None and part.filename is not None:
                files.append(Upload(part.filename, bytes(chunks)))
            elif part is not None:
                if len(chunks) > FIELD_BYTES_MAX:
                    raise ValueError(part.name)
                fields[part.name] = chunks.decode("utf-8")
    return Sent(fields, files)
