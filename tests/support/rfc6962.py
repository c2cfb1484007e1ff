"""Merkle trees and their proofs as RFC 6962 and 9162 define them, and packs read by these definitions: nothing of the product's."""

import base64
import hashlib
import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def h(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def k_of(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(leaves):
    """2.1: the hash of a list."""
    if not leaves:
        return h(b"")
    if len(leaves) == 1:
        return h(b"\x00", leaves[0])
    k = k_of(len(leaves))
    return h(b"\x01", mth(leaves[:k]), mth(leaves[k:]))


def path(m, leaves):
    """2.1.1: PATH."""
    if len(leaves) == 1:
        return []
    k = k_of(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def proof(m, leaves):
    """2.1.2: PROOF."""
    return subproof(m, leaves, True)


def subproof(m, leaves, whole):
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = k_of(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def included(leaf, index, size, inclusion):
    """RFC 9162, 2.1.3.2: the root that it leads to, None where it does not fit."""
    if index >= size:
        return None
    fn, sn, r = index, size - 1, h(b"\x00", leaf)
    for p in inclusion:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            r = h(b"\x01", p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = h(b"\x01", r, p)
        fn, sn = fn >> 1, sn >> 1
    return r if sn == 0 else None


def read_pack(content, key):
    """The claims of a pack by the definitions alone: every leaf at its place, every checkpoint's root over all before it.

    False where anything is wrong. Trees that stand for leaves are taken as they are said to be.
    """
    public = Ed25519PublicKey.from_public_bytes(key)
    lines = content.split(b"\n")
    try:
        if lines.pop() != b"" or set(json.loads(lines[-1])) != {"signature"}:
            return False
        body = b"".join(line + b"\n" for line in lines[:-1])
        public.verify(base64.b64decode(json.loads(lines[-1])["signature"]), b"guibin/evidence-pack/1\n" + h(body))
        covered = []  # (first, count, hash)
        for line in lines[1:-1]:
            said = json.loads(line)
            at = covered[-1][0] + covered[-1][1] if covered else 0
            if "entry" in said:
                leaf = json.dumps(said["entry"]["leaf"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
                if said["entry"]["position"] != at:
                    return False
                covered.append((at, 1, h(b"\x00", leaf.encode())))
            elif "tree" in said:
                covered.append((at, 2 ** said["tree"]["level"], base64.b64decode(said["tree"]["hash"])))
            else:
                text, signature = said["checkpoint"].split("\n\n")
                _, size, root = text.split("\n")
                public.verify(base64.b64decode(signature.split("\n")[0].split(" ")[2])[4:], f"{text}\n".encode())
                if int(size) != at or base64.b64decode(root) != over(covered, 0, at):
                    return False
        return True
    except (InvalidSignature, ValueError, KeyError, IndexError, TypeError):
        return False


def over(covered, first, end):
    """MTH over places, of which some are known as one."""
    known = {(at, count): value for at, count, value in covered}
    if end == first:
        return h(b"")
    if (first, end - first) in known:
        return known[first, end - first]
    k = k_of(end - first)
    return h(b"\x01", over(covered, first, first + k), over(covered, first + k, end))
