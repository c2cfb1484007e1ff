#!/usr/bin/env python3
"""guibin-verify: says what an evidence pack, a company's exit pack or the certificate of its purge proves, or names the first thing
that is wrong with it.

One file that needs Python 3.11 and `cryptography` and nothing else: no database, no network, nothing of Guibin. The log is
hashed by RFC 6962 over leaves in RFC 8785 form, its checkpoints are signed notes of C2SP's tlog-checkpoint, a witness's
signatures those of tlog-cosignature.
"""

import argparse
import base64
import hashlib
import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "guibin/evidence/1"
# What is signed of a pack stands behind this, so that no checkpoint is ever taken for one.
PACK = b"guibin/evidence-pack/1\n"
# The manifest of an exit pack: what it begins with, what is signed of it, what it is called, and where the log lies beside it.
EXIT_FORMAT = "guibin/exit-pack/1"
EXIT = b"guibin/exit-pack/1\n"
MANIFEST, LOG = "MANIFEST.jsonl", "evidence/log.jsonl"
# The certificate of a purge: what it begins with, and what is signed of it.
CERTIFICATE_FORMAT = "guibin/purge/1"
CERTIFICATE = b"guibin/purge/1\n"
ED25519, COSIGNATURE = 1, 4
BYTES_AT_ONCE = 1024 * 1024
SAFE_INTEGER = 2**53 - 1

SAYS = {
    "intact": (
        "文件完整，由日志 {origin} 的密钥 {key} 签出。",
        "The file is whole and signed by key {key} of the log {origin}.",
    ),
    "handed_over": (
        "在 {size} 条处，密钥 {old} 移交给密钥 {new}：该检查点由两者共同签名。",
        "At {size} entries key {old} handed over to key {new}: both signed that checkpoint.",
    ),
    "unpinned": (
        "密钥是文件自己给出的：请与你手中的检查点或公司公布的密钥核对。",
        "The key is the file's own word: compare it with a checkpoint you hold or with what the company published.",
    ),
    "span": (
        "第 {first} 至 {last} 条全部在内，共 {count} 条，一条不缺，次序未变。",
        "Entries {first} to {last} are all here, {count} of them, none missing, in their order.",
    ),
    "chosen": (
        "{count} 条都在日志中，内容未变；是否还有其他有关的条目，本文件不能证明。",
        "{count} entries stand in the log, unchanged; that there are no others on the matter this file does not prove.",
    ),
    "consistent": (
        "{count} 个检查点（{first} 条至 {last} 条）属于同一日志：只增加过，没有改过。",
        "{count} checkpoints, from {first} to {last} entries, are of one log that only grew.",
    ),
    "cosigned": (
        "见证人 {name} 在 {at} 签认了 {size} 条的检查点：此前的条目自那时起未变。",
        "Witness {name} cosigned the checkpoint of {size} entries at {at}: nothing before it has changed since.",
    ),
    "unwitnessed": (
        "没有见证人签认：谁掌握数据库和密钥，谁就能重写全部日志，除非你手中另有检查点。",
        "No witness cosigned: whoever has database and key could have rewritten it all, unless you hold a checkpoint.",
    ),
    "held": ("与你手中 {size} 条的检查点一致。", "It agrees with the checkpoint of {size} entries that you hold."),
    "opened": (
        "{count} 个值已公开，正是当时写入的值；{closed} 个值没有公开。",
        "{count} values are opened and are those that were written down; {closed} are not opened.",
    ),
    "policy": (
        "制度版本 {versions} 的全文在日志中。",
        "Versions {versions} of the policy are in the log, word for word.",
    ),
    "decided": ("决定 {kind} {id} 于 {at} 写入日志。", "The decision {kind} {id} of {at} is in the log."),
    "exit": (
        "离场包完整：{company} 的 {files} 个文件，共 {bytes} 字节，一个不缺、一个不多、未被改动。",
        "The exit pack of {company} is whole: {files} files, {bytes} bytes, none missing, none added, none changed.",
    ),
    "exit_root": ("清单的 SHA-256：{root}", "SHA-256 of its manifest: {root}"),
    "exit_manifest": (
        "离场包的清单残缺或被改过（第 {line} 行）。",
        "The manifest of the exit pack is damaged at line {line}.",
    ),
    "exit_signature": ("离场包的清单被改过：签名不符。", "The manifest was changed: its signature does not agree."),
    "exit_missing": ("离场包缺少文件 {file}。", "The exit pack lacks the file {file}."),
    "exit_added": ("离场包多出文件 {file}。", "The exit pack has a file too many: {file}."),
    "exit_changed": ("离场包的文件 {file} 被改过。", "The file {file} of the exit pack was changed."),
    "exit_other_log": ("离场包中的日志不是这家公司的。", "The log in the exit pack is another company's."),
    "purge": (
        "{company} 的全部数据已于 {at} 销毁：{tables} 张表共 {rows} 行，其中 {files} 个文件（{bytes} 字节）；{keys} 把密钥，客户密钥 {customers} 把。",
        "Everything of {company} was destroyed at {at}: {rows} rows of {tables} tables, {files} files among them of {bytes} bytes;"
        " {keys} keys, and {customers} keys of customers.",
    ),
    "purge_asked": (
        "由 {by} 于 {at} 申请，原因：{because}",
        "{by} asked for it at {at}, because: {because}",
    ),
    "purge_confirmed": (
        "等待期于 {due} 届满，由另一人 {by} 于 {at} 确认。",
        "The waiting time was over at {due}; {by}, another person, confirmed it at {at}.",
    ),
    "purge_exit": (
        "此前已写出离场包，清单的 SHA-256：{root}",
        "Before that its exit pack was written; SHA-256 of its manifest: {root}",
    ),
    "purge_log": (
        "日志止于 {size} 条；签发本证书的密钥随之销毁，此后无人能再签发。",
        "The log ended at {size} entries; the key that signed this was destroyed with it, and nobody signs another.",
    ),
    "purge_backup": (
        "备份 {folder} 中 {bases} 仍存有当时密封的数据：恢复时会再次删除，手工打开须有当时的根密钥。",
        "In the backup {folder} the bases {bases} still hold what was sealed then: a restore erases it again, and whoever opens it by hand"
        " needs the root key of then.",
    ),
    "purge_pack_held": ("与你手中的离场包一致。", "It agrees with the exit pack that you hold."),
    "purge_other_pack": (
        "证书所说的不是你手中的离场包。",
        "The certificate is not of the exit pack that you hold.",
    ),
    "purge_line": ("证书残缺或被改过（第 {line} 行）。", "The certificate is damaged at line {line}."),
    "purge_signature": ("证书被改过：签名不符。", "The certificate was changed: its signature does not agree."),
    "malformed": ("第 {line} 行不是证据文件的内容。", "Line {line} is not what an evidence pack holds."),
    "not_canonical": ("第 {line} 行的写法被改过。", "Line {line} was written differently."),
    "place": (
        "第 {line} 行：应为第 {expected} 条，却是第 {found} 条：有缺失、重复或次序颠倒。",
        "Line {line}: entry {expected} belongs here and entry {found} stands here: one is missing, doubled or moved.",
    ),
    "gap": ("第 {line} 行：范围之内缺少条目。", "Line {line}: an entry of the span is missing."),
    "root": (
        "第 {line} 行：{size} 条的检查点与条目不符：条目被改过，或日志有分叉。",
        "Line {line}: the checkpoint of {size} entries does not agree with the entries: one was changed, or the log forked.",
    ),
    "key": ("签名不是所给密钥的。", "It is not signed by the key that was given."),
    "note": ("第 {line} 行：检查点的签名不对。", "Line {line}: the signature of the checkpoint is wrong."),
    "cosignature": (
        "第 {line} 行：见证人 {name} 的签名不对。",
        "Line {line}: the signature of witness {name} is wrong.",
    ),
    "opening": (
        "第 {line} 行：公开的 {name} 不是当时写入的值。",
        "Line {line}: the opened {name} is not the value that was written down.",
    ),
    "cut": ("文件不完整：末尾被截断。", "The file ends too early: its tail was cut off."),
    "after": ("第 {line} 行：结尾之后还有内容。", "Line {line}: something stands behind the end."),
    "signature": ("文件被改过：整体签名不符。", "The file was changed: its signature does not agree."),
    "no_witness": ("没有见证人 {name} 的签认。", "Witness {name} cosigned none of its checkpoints."),
    "unread": ("打不开 {file}：{because}。", "{file} cannot be read: {because}."),
    "held_broken": (
        "你手中的检查点 {file} 残缺或被改过，读不出来。",
        "The checkpoint that you hold, {file}, is damaged: it is no signed note.",
    ),
    "held_forked": (
        "与你手中 {size} 条的检查点不符：日志有分叉。",
        "It does not agree with the checkpoint of {size} entries that you hold: the log forked.",
    ),
    "held_missing": (
        "文件没有说明 {size} 条时的日志，不能与你手中的检查点核对。",
        "It says nothing of the log at {size} entries, so your checkpoint cannot be compared.",
    ),
}


class Wrong(Exception):
    """The first thing that is wrong; `says` is a key of SAYS."""

    def __init__(self, says: str, **values: object) -> None:
        super().__init__(says)
        self.says, self.values = says, values


def canonical(value: Any) -> bytes:
    """RFC 8785. Raises ValueError for what it has no form for: infinite numbers, integers no double holds, lone surrogates."""
    return "".join(_parts(value)).encode()


def _parts(value: Any) -> Iterator[str]:
    if value is None or isinstance(value, bool | str):
        yield json.dumps(value, ensure_ascii=False)
    elif isinstance(value, int):
        if abs(value) > SAFE_INTEGER:
            raise ValueError(f"{value} is no number of JSON's")
        yield str(value)
    elif isinstance(value, float):
        yield _number(value)
    elif isinstance(value, list | tuple):
        yield "[" + ",".join("".join(_parts(each)) for each in value) + "]"
    elif isinstance(value, dict):
        ordered = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
        yield "{" + ",".join("".join((*_parts(key), ":", *_parts(each))) for key, each in ordered) + "}"
    else:
        raise ValueError(f"{type(value).__name__} has no form in JSON")


def _number(value: float) -> str:
    """As ECMAScript writes it."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is no number of JSON's")
    if value == 0:
        return "0"
    sign, found, exponent = Decimal(repr(value)).as_tuple()
    written = "".join(map(str, found))
    digits = written.rstrip("0")
    point = len(written) + int(exponent)
    if len(digits) <= point <= 21:
        text = digits + "0" * (point - len(digits))
    elif 0 < point <= 21:
        text = f"{digits[:point]}.{digits[point:]}"
    elif -6 < point <= 0:
        text = f"0.{'0' * -point}{digits}"
    else:
        mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
        text = f"{mantissa}e{point - 1:+d}"
    return f"-{text}" if sign else text


def leaf_hash(leaf: bytes) -> bytes:
    """RFC 6962: of a leaf."""
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962: of two trees beside each other."""
    return hashlib.sha256(b"\1" + left + right).digest()


def folded(trees: Sequence[bytes]) -> bytes:
    """The root over trees that stand beside each other, each smaller than the one before."""
    root = trees[-1]
    for tree in reversed(trees[:-1]):
        root = node_hash(tree, root)
    return root


def commitment(salt: bytes, name: str, value: Any) -> str:
    """What stands in a leaf for a value: nobody learns it without its salt of 32 bytes, nobody finds another that fits."""
    return encoded(hashlib.sha256(salt + canonical([name, value])).digest())


class Growing:
    """A log of RFC 6962 as it grows: whole trees from left to right, a few hashes however long it is."""

    def __init__(self, size: int = 0, trees: Iterable[tuple[int, bytes]] = ()) -> None:
        self.size, self.trees = size, list(trees)

    def add(self, level: int, tree: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Take in a tree of 2**level leaves; every tree that became whole: its level, its place there, its hash.

        Raises ValueError where such a tree cannot stand.
        """
        if level < 0 or level > 60 or self.size % (1 << level):
            raise ValueError(f"no tree of level {level} begins at {self.size}")
        self.trees.append((level, tree))
        self.size += 1 << level
        whole = [(level, (self.size >> level) - 1, tree)]
        while len(self.trees) > 1 and self.trees[-1][0] == self.trees[-2][0]:
            (of, right), (_, left) = self.trees.pop(), self.trees.pop()
            above = node_hash(left, right)
            self.trees.append((of + 1, above))
            whole.append((of + 1, (self.size >> (of + 1)) - 1, above))
        return iter(whole)

    def root(self) -> bytes:
        """Of all there is by now."""
        return folded([tree for _, tree in self.trees]) if self.trees else hashlib.sha256(b"").digest()


def encoded(content: bytes) -> str:
    """In base64."""
    return base64.b64encode(content).decode()


def decoded(text: str) -> bytes:
    """Raises ValueError for anything but the one form of base64 there is of some bytes."""
    content = base64.b64decode(text, validate=True)
    if encoded(content) != text:
        raise ValueError("base64 written otherwise")
    return content


@dataclass(frozen=True)
class Key:
    """A verifier key of C2SP's signed-note: `name+id+base64` of a byte for the kind and 32 for the key."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        return hashlib.sha256(f"{self.name}\n".encode() + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{encoded(bytes([self.kind]) + self.public)}"

    @classmethod
    def of(cls, text: str) -> "Key":
        """Raises ValueError."""
        name, found, rest = text.strip().split("+", 2)
        content = decoded(rest)
        key = cls(name, int.from_bytes(content[:1]), content[1:])
        if not name or " " in name or key.kind not in (ED25519, COSIGNATURE) or len(key.public) != 32:
            raise ValueError("no key of a log or a witness")
        if key.id.hex() != found:
            raise ValueError("the key's id is not the key's")
        return key

    def holds(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's over the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class Note:
    """A signed checkpoint: what is signed, and by whom: name, key's id and signature."""

    text: str
    origin: str
    size: int
    root: bytes
    signatures: tuple[tuple[str, bytes, bytes], ...]

    @classmethod
    def of(cls, note: str) -> "Note":
        """Raises ValueError."""
        text, gap, rest = note.partition("\n\n")
        if not gap or not rest.endswith("\n"):
            raise ValueError("no signed note")
        origin, size, root, *_ = text.split("\n")
        found = []
        for line in rest[:-1].split("\n"):
            dash, name, signature = line.split(" ")
            content = decoded(signature)
            if dash != "—" or not name or len(content) <= 4:
                raise ValueError("no signature of a note")
            found.append((name, content[:4], content[4:]))
        if not size.isascii() or not size.isdigit() or str(int(size)) != size or len(decoded(root)) != 32:
            raise ValueError("no checkpoint")
        return cls(f"{text}\n", origin, int(size), decoded(root), tuple(found))

    def signed_by(self, key: Key) -> bool:
        """Whether the log's key signed it, and its name is the log's."""
        return (
            key.kind == ED25519
            and self.origin == key.name
            and any(
                key.holds(self.text.encode(), signature)
                for name, of, signature in self.signatures
                if (name, of) == (key.name, key.id)
            )
        )

    def cosigned_by(self, key: Key) -> int | None:
        """When the witness cosigned, in seconds since 1970; None where it did not. Raises ValueError for a wrong signature."""
        for name, of, signature in self.signatures:
            if (name, of) == (key.name, key.id):
                at = int.from_bytes(signature[:8])
                if len(signature) != 72 or not key.holds(cosigned(self.text, at), signature[8:]):
                    raise ValueError("the witness's signature is wrong")
                return at
        return None


def follow(note: Note, key: Key, keys: Sequence[Key]) -> Key:
    """Which key signs after this checkpoint, where `key` did before: a later one of `keys` if both signed it. Raises ValueError
    where `key` did not sign it."""
    if not note.signed_by(key):
        raise ValueError("not signed by the log's key")
    later = keys[keys.index(key) + 1 :]
    return next((each for each in later if note.signed_by(each)), key)


def cosigned(text: str, at: int) -> bytes:
    """What a witness signs of a checkpoint."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


@dataclass
class Findings:
    """What was found so far, line by line; `key` is the log's that signs there, of `keys` from the first to the last."""

    key: Key
    keys: tuple[Key, ...]
    witnesses: tuple[Key, ...]
    head: dict[str, Any]
    log: Growing = field(default_factory=Growing)
    line: int = 1
    entries: int = 0
    opened: int = 0
    closed: int = 0
    notes: list[Note] = field(default_factory=list)
    handed_over: list[tuple[int, Key, Key]] = field(default_factory=list)
    cosigned: list[tuple[str, int, int]] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    decided: list[dict[str, Any]] = field(default_factory=list)
    last: int = -1

    def take(self, what: str, content: Any) -> None:
        """The next line. Raises Wrong, and what Python raises of a line that is none."""
        if what == "entry":
            self.entry(content)
        elif what == "tree":
            self.tree(content)
        elif what == "checkpoint":
            self.checkpoint(content)
        else:
            raise ValueError("no line of a pack")

    def entry(self, found: dict[str, Any]) -> None:
        """An entry at its place, and the values that are opened of it."""
        if found["position"] != self.log.size:
            raise Wrong("place", line=self.line, expected=self.log.size, found=found["position"])
        scope = self.head["scope"]
        if scope["kind"] == "span" and not scope["first"] <= self.log.size <= scope["last"]:
            raise Wrong("place", line=self.line, expected=scope["first"], found=self.log.size)
        leaf = found["leaf"]
        list(self.log.add(0, leaf_hash(canonical(leaf))))
        self.entries, self.last = self.entries + 1, self.log.size - 1
        for name, (value, salt) in found["opened"].items():
            if len(decoded(salt)) != 32 or commitment(decoded(salt), name, value) != leaf["sealed"][name]:
                raise Wrong("opening", line=self.line, name=name)
        self.opened += len(found["opened"])
        self.closed += len(leaf["sealed"]) - len(found["opened"])
        if leaf["kind"] == "policy_version" and "overrides" in found["opened"]:
            self.versions.append(leaf["plain"]["version"])
        if leaf["id"] == scope.get("id"):
            self.decided.append(leaf)

    def tree(self, found: dict[str, Any]) -> None:
        """Entries that are not shown, by their hash."""
        scope, size = self.head["scope"], 1 << found["level"]
        if scope["kind"] == "span" and self.log.size <= scope["last"] and self.log.size + size > scope["first"]:
            raise Wrong("gap", line=self.line)
        if len(decoded(found["hash"])) != 32:
            raise ValueError("no hash")
        list(self.log.add(found["level"], decoded(found["hash"])))

    def checkpoint(self, text: str) -> None:
        """A checkpoint at its place: signed, cosigned as it says, and of what came before it."""
        note = Note.of(text)
        try:
            after = follow(note, self.key, self.keys)
        except ValueError:
            raise Wrong("note", line=self.line) from None
        if after != self.key:
            self.handed_over.append((note.size, self.key, after))
            self.key = after
        if note.size != self.log.size or note.root != self.log.root():
            raise Wrong("root", line=self.line, size=note.size)
        for witness in self.witnesses:
            try:
                at = note.cosigned_by(witness)
            except ValueError:
                raise Wrong("cosignature", line=self.line, name=witness.name) from None
            if at is not None:
                self.cosigned.append((witness.name, note.size, at))
        if self.notes and self.notes[-1].size >= note.size:
            raise Wrong("malformed", line=self.line)
        self.notes.append(note)


def verify(lines: Iterable[bytes], *, key: Key | None = None, witnesses: Sequence[Key] = ()) -> Findings:
    """What is found in a pack. Raises Wrong."""
    reading, whole = iter(lines), hashlib.sha256()
    first = next(reading, b"")
    head = _read(first, 1)
    try:
        keys = tuple(map(Key.of, (head["key"], *head.get("later_keys", ()))))
        if (
            head["evidence"] != FORMAT
            or {each.name for each in keys} != {head["origin"]}
            or head["scope"]["kind"] not in ("span", "chosen")
        ):
            raise ValueError("no head")
        found = Findings(keys[0], keys, (*witnesses, *_others(head["witnesses"], witnesses)), head)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        raise Wrong("malformed", line=1) from None
    if key is not None and key not in keys:
        raise Wrong("key")
    whole.update(first)
    for line in reading:
        found.line += 1
        said = _read(line, found.line)
        if said.keys() == {"signature"}:
            _end(found, said["signature"], whole.digest(), reading)
            return found
        whole.update(line)
        try:
            ((what, content),) = said.items()
            found.take(what, content)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError):
            raise Wrong("malformed", line=found.line) from None
    raise Wrong("cut")


def _others(given: list[str], known: Sequence[Key]) -> Iterator[Key]:
    """The witnesses a pack names beside those the reader trusts already."""
    return (key for key in map(Key.of, given) if key not in known)


def _read(line: bytes, number: int) -> dict[str, Any]:
    if not line.endswith(b"\n"):
        raise Wrong("cut")
    try:
        said = json.loads(line)
        written = canonical(said) + b"\n"
    except (ValueError, RecursionError):
        raise Wrong("malformed", line=number) from None
    if written != line:
        raise Wrong("not_canonical", line=number)
    if not isinstance(said, dict):
        raise Wrong("malformed", line=number)
    return said


def _end(found: Findings, signature: Any, whole: bytes, rest: Iterator[bytes]) -> None:
    """Nothing is missing at the end, nothing stands behind it, and all of it is signed."""
    scope = found.head["scope"]
    try:
        complete = found.log.size == found.head["size"] and bool(found.notes) and found.notes[-1].size == found.log.size
        complete = complete and found.entries == found.head["entries"] and found.key == found.keys[-1]
        if scope["kind"] == "span":
            complete = complete and found.last == scope["last"] and found.entries == scope["last"] - scope["first"] + 1
        held = found.key.holds(PACK + whole, decoded(signature))
    except (KeyError, TypeError, ValueError):
        raise Wrong("malformed", line=found.line) from None
    if not complete:
        raise Wrong("cut")
    if not held:
        raise Wrong("signature")
    if next(rest, None) is not None:
        raise Wrong("after", line=found.line + 1)


def compare(found: Findings, note: str, *, file: str = "") -> Note:
    """A checkpoint that the reader holds in that file, against the pack's of the same size. Raises Wrong."""
    try:
        held = Note.of(note)
    except ValueError:
        raise Wrong("held_broken", file=file) from None
    if not any(held.signed_by(key) for key in found.keys):
        raise Wrong("key")
    same = next((each for each in found.notes if each.size == held.size), None)
    if same is None:
        raise Wrong("held_missing", size=held.size)
    if same.root != held.root:
        raise Wrong("held_forked", size=held.size)
    return held


@dataclass(frozen=True)
class ExitPack:
    """An exit pack that is whole: what its manifest begins with, the manifest's SHA-256 in hexadecimal digits, how many files it
    names and their bytes, and what its log proves."""

    head: dict[str, Any]
    root: str
    files: int
    bytes: int
    log: Findings


def verify_exit(folder: Path, *, key: Key | None = None, witnesses: Sequence[Key] = ()) -> ExitPack:
    """Every file of the folder is as its manifest says, there are no others, and its log holds. Raises Wrong, OSError."""
    names: set[tuple[str, int, str]] = set()
    whole, size, line = hashlib.sha256(), 0, 0
    with (folder / MANIFEST).open("rb") as lines:
        head: dict[str, Any] = {}
        keys: tuple[Key, ...] = ()
        ended = False
        for line, written in enumerate(lines, 1):
            said = _line_of_manifest(written, line, ended=ended)
            try:
                if line == 1:
                    keys = tuple(map(Key.of, (said["key"], *said["later_keys"])))
                    if said["exit_pack"] != EXIT_FORMAT or {each.name for each in keys} != {said["origin"]}:
                        raise ValueError("no head")
                    head = said
                elif said.keys() == {"signature"}:
                    if not keys[-1].holds(EXIT + whole.digest(), decoded(said["signature"])):
                        raise Wrong("exit_signature")
                    ended = True
                else:
                    size += _file_of_manifest(said, names)
            except (KeyError, TypeError, ValueError, AttributeError, IndexError):
                raise Wrong("exit_manifest", line=line) from None
            whole.update(written)
    if not ended:
        raise Wrong("exit_manifest", line=line + 1)
    if key is not None and key not in keys:
        raise Wrong("key")
    _compare_files(folder, names)
    with (folder / LOG).open("rb") as entries:
        log = verify(entries, key=key, witnesses=witnesses)
    if log.keys != keys:
        raise Wrong("exit_other_log")
    return ExitPack(head, whole.hexdigest(), len(names), size, log)


def _line_of_manifest(written: bytes, line: int, *, ended: bool) -> dict[str, Any]:
    try:
        if ended:
            raise Wrong("after", line=line)
        return _read(written, line)
    except Wrong:
        raise Wrong("exit_manifest", line=line) from None


def _file_of_manifest(said: dict[str, Any], names: set[tuple[str, int, str]]) -> int:
    name, size, digest = said["path"], said["bytes"], said["sha256"]
    parts = name.split("/")
    if said.keys() != {"path", "bytes", "sha256"} or {"", ".", ".."} & set(parts) or "\\" in name or len(digest) != 64:
        raise ValueError("no file of a pack")
    if (name, size, digest) in names or name == MANIFEST:
        raise ValueError("named twice")
    names.add((name, int(size), digest))
    return int(size)


def _compare_files(folder: Path, names: set[tuple[str, int, str]]) -> None:
    """Raises Wrong for the first file, by name, that is missing, changed, or too many."""
    named = {name for name, _, _ in names}
    for name, size, digest in sorted(names):
        file, found = folder / name, hashlib.sha256()
        if file.is_symlink() or not file.is_file():
            raise Wrong("exit_missing", file=name)
        with file.open("rb") as content:
            while part := content.read(BYTES_AT_ONCE):
                found.update(part)
        if file.stat().st_size != size or found.hexdigest() != digest:
            raise Wrong("exit_changed", file=name)
    for above, _, files in os.walk(folder):
        for each in files:
            name = (Path(above) / each).relative_to(folder).as_posix()
            if name not in named and name != MANIFEST:
                raise Wrong("exit_added", file=name)


@dataclass(frozen=True)
class Certificate:
    """The certificate of a purge: what it begins with, how many rows of each table and which keys were destroyed, the key that
    signed it, and how long the log was."""

    head: dict[str, Any]
    rows: dict[str, int]
    destroyed: tuple[dict[str, Any], ...]
    key: Key
    entries: int


def verify_certificate(lines: Iterable[bytes], *, key: Key | None = None, pack: ExitPack | None = None) -> Certificate:
    """It is whole, signed by the last key of the company's log, and of this exit pack where one is given. Raises Wrong."""
    head: dict[str, Any] = {}
    keys: tuple[Key, ...] = ()
    rows: dict[str, int] = {}
    destroyed: list[dict[str, Any]] = []
    whole, line, ended = hashlib.sha256(), 0, False
    for line, written in enumerate(lines, 1):
        try:
            if ended:
                raise ValueError("behind the end")
            said = _read(written, line)
            if line == 1:
                head, keys = said, tuple(map(Key.of, (said["key"], *said["later_keys"])))
                if said["certificate"] != CERTIFICATE_FORMAT or {each.name for each in keys} != {said["origin"]}:
                    raise ValueError("no head")
                if not Note.of(said["log"]).signed_by(keys[-1]):
                    raise Wrong("purge_signature")
            elif said.keys() == {"signature"}:
                if not keys[-1].holds(CERTIFICATE + whole.digest(), decoded(said["signature"])):
                    raise Wrong("purge_signature")
                ended = True
            elif said.keys() == {"table", "rows"} and said["table"] not in rows:
                rows[said["table"]] = int(said["rows"])
            else:
                destroyed.append(dict(said["destroyed_key"]))
        except Wrong as wrong:
            raise wrong if wrong.says == "purge_signature" else Wrong("purge_line", line=line) from None
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            raise Wrong("purge_line", line=line) from None
        whole.update(written)
    if not ended:
        raise Wrong("purge_line", line=line + 1)
    if key is not None and key not in keys:
        raise Wrong("key")
    if pack is not None and (pack.root != head["exit_root"] or pack.head["key"] != head["key"]):
        raise Wrong("purge_other_pack")
    return Certificate(head, rows, tuple(destroyed), keys[-1], Note.of(head["log"]).size)


def sentences_of_certificate(found: Certificate, *, pinned: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """As `sentences`, of the certificate of a purge. Raises Wrong where it lacks what is said of every one."""
    head = found.head
    try:
        files, customers = head["files"], head["customer_keys"]
        yield (
            "purge",
            {
                "company": head["company"],
                "at": head["destroyed_at"],
                "tables": len(found.rows),
                "rows": sum(found.rows.values()),
                "files": files["count"],
                "bytes": files["bytes"],
                "keys": len(found.destroyed),
                "customers": customers["count"],
            },
        )
        yield "purge_asked", {"by": head["asked_by"], "at": head["asked_at"], "because": head["because"]}
        yield "purge_confirmed", {"by": head["confirmed_by"], "at": head["confirmed_at"], "due": head["due_at"]}
        yield "purge_exit", {"root": head["exit_root"]}
        yield "purge_log", {"size": found.entries}
        for each in head["backups"]:
            if each["bases"]:
                yield "purge_backup", {"folder": each["folder"], "bases": ", ".join(each["bases"])}
    except (KeyError, TypeError):
        raise Wrong("purge_line", line=1) from None
    yield "intact", {"origin": found.key.name, "key": found.key.id.hex()}
    if not pinned:
        yield "unpinned", {}


def is_certificate(file: Path) -> bool:
    """Whether it begins as the certificate of a purge does."""
    with file.open("rb") as lines:
        return b'"certificate":"guibin/purge/' in lines.readline(BYTES_AT_ONCE)


def sentences_of_exit(found: ExitPack, *, pinned: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """As `sentences`, of an exit pack and the log in it."""
    yield "exit", {"company": found.head["company"], "files": found.files, "bytes": found.bytes}
    yield "exit_root", {"root": found.root}
    yield from sentences(found.log, pinned=pinned)


def sentences(found: Findings, *, pinned: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is proved, one sentence each: keys of SAYS with their values."""
    yield "intact", {"origin": found.key.name, "key": found.key.id.hex()}
    if not pinned:
        yield "unpinned", {}
    for size, old, new in found.handed_over:
        yield "handed_over", {"size": size, "old": old.id.hex(), "new": new.id.hex()}
    scope = found.head["scope"]
    yield scope["kind"], {"count": found.entries, "first": scope.get("first"), "last": scope.get("last")}
    yield "consistent", {"count": len(found.notes), "first": found.notes[0].size, "last": found.notes[-1].size}
    latest = {name: (size, at) for name, size, at in found.cosigned}
    for name, (size, at) in latest.items():
        yield "cosigned", {"name": name, "size": size, "at": datetime.fromtimestamp(at, UTC).isoformat()}
    if not latest:
        yield "unwitnessed", {}
    yield "opened", {"count": found.opened, "closed": found.closed}
    if found.versions:
        yield "policy", {"versions": ", ".join(map(str, found.versions))}
    for leaf in found.decided:
        yield "decided", {"kind": leaf["kind"], "id": leaf["id"], "at": leaf["at"]}


def main() -> None:
    """Exit code 0 when all of it holds, 1 at the first thing that does not."""
    parser = argparse.ArgumentParser(
        prog="guibin-verify",
        description="核对证据文件、离场包或销毁证书 · Verify an evidence pack, an exit pack or the certificate of a purge.",
    )
    parser.add_argument(
        "pack",
        type=Path,
        help="证据文件、销毁证书，或离场包的文件夹 · the evidence pack, the certificate, or the folder of an exit pack",
    )
    parser.add_argument("--key", help="日志的公钥 · the log's key, name+id+base64")
    parser.add_argument(
        "--witness", action="append", default=[], help="见证人的公钥 · a witness's key that must have cosigned"
    )
    parser.add_argument(
        "--checkpoint", action="append", default=[], type=Path, help="你手中的检查点 · a checkpoint you hold"
    )
    parser.add_argument("--exit", type=Path, help="证书所属的离场包 · the exit pack that the certificate is of")
    parser.add_argument(
        "--language", choices=("zh", "en"), default="zh" if os.environ.get("LANG", "").startswith("zh") else "en"
    )
    asked = parser.parse_args()
    place = 0 if asked.language == "zh" else 1
    try:
        key = Key.of(asked.key) if asked.key else None
        witnesses = [Key.of(each) for each in asked.witness]
    except ValueError as error:
        parser.error(f"name+id+base64: {error}")
    try:
        if not asked.pack.is_dir() and is_certificate(asked.pack):
            for says, values in _of_certificate(asked.pack, asked.exit, key):
                print(SAYS[says][place].format(**values))
            return
        whole = verify_exit(asked.pack, key=key, witnesses=witnesses) if asked.pack.is_dir() else None
        if whole is None:
            with asked.pack.open("rb") as lines:
                found = verify(lines, key=key, witnesses=witnesses)
        else:
            found = whole.log
        for witness in witnesses:
            if witness.name not in {name for name, _, _ in found.cosigned}:
                raise Wrong("no_witness", name=witness.name)
        held = [
            compare(found, each.read_text(encoding="utf-8", errors="replace"), file=str(each))
            for each in asked.checkpoint
        ]
    except Wrong as wrong:
        print(SAYS[wrong.says][place].format(**wrong.values))
        sys.exit(1)
    except OSError as error:
        print(SAYS["unread"][place].format(file=error.filename, because=error.strerror))
        sys.exit(1)
    pinned = key is not None
    said = sentences(found, pinned=pinned) if whole is None else sentences_of_exit(whole, pinned=pinned)
    for says, values in said:
        print(SAYS[says][place].format(**values))
    for note in held:
        print(SAYS["held"][place].format(size=note.size))


def _of_certificate(file: Path, pack: Path | None, key: Key | None) -> list[tuple[str, dict[str, Any]]]:
    held = verify_exit(pack, key=key) if pack is not None else None
    with file.open("rb") as lines:
        found = verify_certificate(lines, key=key, pack=held)
    said = list(sentences_of_certificate(found, pinned=key is not None))
    return [*said, ("purge_pack_held", {})] if held is not None else said


if __name__ == "__main__":
    main()
