"""Proofs of RFC 9162 over a log: which trees they consist of, and whether they hold. Pure."""

from collections.abc import Iterator, Sequence

from .verify import Growing, node_hash

# The tree of that level which stands at that place, counted in trees of its level from the left.
Tree = tuple[int, int]
Span = tuple[int, int]


class NoProof(ValueError):
    """The proof does not hold."""


def decomposed(begin: int, end: int) -> Iterator[Tree]:
    """The leaves from `begin` to before `end` as whole trees, from left to right, each as large as can be."""
    while begin < end:
        level = (end - begin).bit_length() - 1
        if begin:
            level = min(level, (begin & -begin).bit_length() - 1)
        yield level, begin >> level
        begin += 1 << level


def inclusion(position: int, size: int) -> list[Span]:
    """Whose roots prove that a leaf is in the log of that size, from the leaf upwards (RFC 9162, 2.1.3.1)."""
    found: list[Span] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _left(end - begin)
        if position < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((begin, middle))
            begin = middle
    return found[::-1]


def consistency(first: int, second: int) -> list[Span]:
    """Whose roots prove that the log of the second size begins with that of the first (RFC 9162, 2.1.4.1)."""
    if first in (0, second):
        return []
    found: list[Span] = []
    begin, end, whole = 0, second, True
    while first != end:
        middle = begin + _left(end - begin)
        if first <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((begin, middle))
            begin, whole = middle, False
    return [*([] if whole else [(begin, end)]), *found[::-1]]


def _left(count: int) -> int:
    """How many leaves go to the left: the largest power of two below their number."""
    return 1 << ((count - 1).bit_length() - 1)


def root_from(leaf: bytes, position: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that the path leads to from the leaf. Raises NoProof for a path of another length."""
    spans = inclusion(position, size)
    if not 0 <= position < size or len(spans) != len(path):
        raise NoProof("a path of another length")
    for (begin, _), beside in zip(spans, path, strict=True):
        leaf = node_hash(beside, leaf) if begin < position else node_hash(leaf, beside)
    return leaf


def refuse_inconsistent(old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]) -> None:
    """Raises NoProof unless the log of the new size and root begins with that of the old (RFC 9162, 2.1.4.2)."""
    (first, first_root), (second, second_root) = old, new
    if first > second:
        raise NoProof("the log is shorter than it was")
    if first in (0, second):
        if proof or (first == second and first_root != second_root) or (first == 0 and first_root != Growing().root()):
            raise NoProof("another log of the same size")
        return
    known = [first_root, *proof] if first & (first - 1) == 0 else [*proof]
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    begun = whole = known[0] if known else b""
    for beside in known[1:]:
        if last == 0:
            raise NoProof("a proof that is too long")
        if at & 1 or at == last:
            begun, whole = node_hash(beside, begun), node_hash(beside, whole)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            whole = node_hash(whole, beside)
        at, last = at >> 1, last >> 1
    if last or begun != first_root or whole != second_root:
        raise NoProof("the log does not begin with what it was")
