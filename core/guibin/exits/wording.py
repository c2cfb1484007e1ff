"""What the pack says of itself: the dictionary of its tables and columns, and the page that whoever opens it reads first."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from string import Template
from typing import Literal

from msgspec import Struct

from guibin.policy.fields import ArchiveField
from guibin.policy.packs import Policy

from .queries import BYTES, Held
from .sealing import sealed_columns

Class = Literal["secret", "confidential", "personal", "internal"]
# What a column of such a name is, wherever it stands: by its whole name, else by its end.
_NAMES = {
    "id": "the row's own id: a UUID in version 7, which grows with time",
    "customer_id": "the customer whom the row is about",
    "org_unit_id": "the org unit that the row belongs to",
    "version": "how often the row was changed: what `If-Match` asks for",
    "state": "how far it is",
    "subject": "what kind of thing the row is about, by the table's name or the slice's",
    "subject_id": "the row of that kind",
}
_ENDS = (
    ("_at", "a moment"),
    ("_on", "a day, in the company's time zone"),
    ("_by", "who did it: the id of a member of staff, a key, or nobody's"),
    ("_by_name", "the name of whoever did it, as it was then"),
    ("_ids", "ids of rows that it names"),
    ("_id", "the id of a row that it names"),
    ("_name", "a name, as it was then"),
    ("_count", "how many"),
    ("_max", "the most there may be"),
)
_UNITS = (
    ("_at", "RFC 3339 with offset"),
    ("_on", "YYYY-MM-DD"),
    ("_minor", "the currency's smallest unit, such as fen"),
    ("_bytes", "bytes"),
    ("bytes_count", "bytes"),
    ("_per_mille", "per mille"),
    ("_percent", "percent"),
    ("_ms", "milliseconds"),
    ("_s", "seconds"),
    ("_minutes", "minutes"),
    ("_hours", "hours"),
    ("_days", "days"),
    ("_months", "months"),
)
_KINDS = (("timestamp with time zone", "RFC 3339 with offset"), ("date", "YYYY-MM-DD"))
_SENTENCE = re.compile(r"(?<=[.;:])\s+")


class ColumnWords(Struct, frozen=True, kw_only=True):
    """A column: its type in PostgreSQL, what it means, in which unit, how confidential it is, and the table whose row it names."""

    column: str
    type: str
    meaning: str
    unit: str
    confidentiality: Class
    names: str = ""


class TableWords(Struct, frozen=True, kw_only=True):
    """A table: what its rows are, and its columns in the order in which they stand."""

    table: str
    file: str
    meaning: str
    columns: tuple[ColumnWords, ...]


class Dictionary(Struct, frozen=True, kw_only=True):
    """Everything that the files under `tables` hold. `fields` are those that the company's packs and its own policy add to archives."""

    tables: tuple[TableWords, ...]
    fields: tuple[ArchiveField, ...]


def dictionary(tables: Sequence[Held], policy: Policy) -> Dictionary:
    """Of these tables."""
    return Dictionary(tables=tuple(_table(each) for each in tables), fields=policy.fields)


def file_of(table: Held) -> str:
    """Where its rows stand."""
    return f"tables/{table.name}.jsonl"


def as_sheet(words: Dictionary) -> bytes:
    """The same for people, who open it in a spreadsheet."""
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(("table", "column", "type", "meaning", "unit", "confidentiality", "names a row of"))
    for table in words.tables:
        writer.writerow((table.table, "", "", table.meaning, "", "", ""))
        for each in table.columns:
            writer.writerow(
                (table.table, each.column, each.type, each.meaning, each.unit, each.confidentiality, each.names)
            )
    # So that a spreadsheet knows its letters.
    return b"\xef\xbb\xbf" + sheet.getvalue().encode()


def readme(values: Mapping[str, object]) -> bytes:
    """What is in the pack and how it is verified, in both languages."""
    return Template(_README).substitute(values).encode()


def _table(table: Held) -> TableWords:
    said = " ".join((table.definition.__doc__ or "").split()) if table.definition else ""
    meaning = said or "a table of a pack that is not installed any more"
    references = table.definition.keys.references if table.definition else {}
    sealed = sealed_columns(table)
    columns = tuple(
        ColumnWords(
            column=name,
            type=table.columns[name],
            meaning=_meaning(table, name, said),
            unit=_unit(name, table.columns[name]),
            confidentiality=_class(table, name, sealed),
            names=references.get(name, ""),
        )
        for name in table.shown
    )
    return TableWords(table=table.name, file=file_of(table), meaning=meaning, columns=columns)


def _meaning(table: Held, name: str, said: str) -> str:
    """What the definition says of the column by name; else what such a column is everywhere; else its name in words."""
    if table.definition is not None:
        column = next((c for c in table.definition._meta.columns if c._meta.db_column_name == name), None)
        if column is not None and column._meta.help_text:
            return str(column._meta.help_text)
    told = [sentence for sentence in _SENTENCE.split(said) if f"`{name}`" in sentence]
    if told:
        return " ".join(told)
    return _NAMES.get(name) or next(_by_end(name), name.replace("_", " "))


def _by_end(name: str) -> Iterator[str]:
    for end, meaning in sorted(_ENDS, key=lambda each: -len(each[0])):
        if name.endswith(end):
            yield f"{name.removesuffix(end).replace('_', ' ')}: {meaning}"


def _unit(name: str, kind: str) -> str:
    by_name = (unit for end, unit in _UNITS if name.endswith(end) and kind not in ("text", "boolean", "uuid"))
    by_kind = (unit for of, unit in _KINDS if kind == of)
    return next(by_kind, "") or next(by_name, "")


def _class(table: Held, name: str, sealed: Sequence[str]) -> Class:
    if name in table.secret:
        return "secret"
    if name in sealed:
        return "confidential"
    keys = table.definition.keys if table.definition else None
    about_somebody = table.name == "customer" and table.columns[name] not in ("uuid", BYTES) and name != "version"
    return "personal" if about_somebody or (keys is not None and name in keys.erasable) else "internal"


_README = """# 离场包 · Exit pack: $company

制作时间 · Made at: $made_at · $made_by

## 中文

这个文件夹是「$company」在本系统中的全部数据，格式都是公开的，不需要本系统也能读。

| 位置 | 内容 |
|---|---|
| `company.json` | 公司的登记信息 |
| `tables/*.jsonl` | 每张表一个文件，每行一条记录（JSON） |
| `dictionary.csv`、`dictionary.json` | 数据字典：每张表、每一列的含义、单位和保密级别 |
| `files/` | 上传的文件，按编号分文件夹，保留原名；`files.csv` 列出每个文件 |
| `attachments/` | 密封保存的照片、签名和证件（只有要求明文时才有） |
| `policy/` | 制度的每个版本：`.toml` 可再导入，`.zh.md`、`.en.md` 供人阅读；0 号是行业包本身的规定（按今天的行业包） |
| `roles.json` | 内置角色的权限；自定义角色在 `tables/company_role.jsonl`，机构在 `tables/org_unit.jsonl` |
| `evidence/` | 存证日志的全部条目与检查点 |
| `MANIFEST.jsonl` | 每个文件的大小和 SHA-256，由公司的日志密钥签名 |
| `guibin-verify.py` | 核对程序，只需要 Python 3.11 和 `cryptography` |

值为 `{"withheld": …}` 表示没有给出：`secret` 是口令摘要、密钥一类，从不导出；`not_asked` 是没有要求明文的保密值；`erased` 属于已删除的客户；`file` 在 `files/` 或 `attachments/`；`does_not_open` 打不开。

保密值：$clear_zh

核对：`python guibin-verify.py . --key '$key'`

## English

This folder is everything that $company holds in this system, in open formats that are read without it.

| where | what |
|---|---|
| `company.json` | the company's registration |
| `tables/*.jsonl` | a file for each table, a row in each line (JSON) |
| `dictionary.csv`, `dictionary.json` | the data dictionary: every table and column, its meaning, unit and confidentiality |
| `files/` | files that were added, each in a folder by its id under its name; `files.csv` lists them |
| `attachments/` | photographs, signatures and documents that are kept sealed (only where they were asked for in clear) |
| `policy/` | every version of the policy: `.toml` comes in again, `.zh.md` and `.en.md` are to be read; 0 is what the packs say themselves (the packs of today) |
| `roles.json` | what built-in roles may do; roles of the company's own are in `tables/company_role.jsonl`, org units in `tables/org_unit.jsonl` |
| `evidence/` | every entry of the log and its checkpoints |
| `MANIFEST.jsonl` | size and SHA-256 of every file, signed by the key of the company's log |
| `guibin-verify.py` | verifies all of it; needs Python 3.11 and `cryptography` alone |

Where `{"withheld": …}` stands in a value's place it was not given: `secret` are digests of passwords, keys and the like, which never leave; `not_asked` is confidential and was not asked for in clear; `erased` was of a customer who is erased; `file` lies under `files/` or `attachments/`; `does_not_open` did not open.

Confidential values: $clear_en

Verify it: `python guibin-verify.py . --key '$key'`
"""
