"""The rules Guibin executes, which tests and scenarios are about each, and of which mutations of each something was noticed."""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec
from msgspec import Struct

# The regulation's own word behind its translation.
_GLOSS = re.compile(r"\s*\([^()]*[\u4e00-\u9fff][^()]*\)")


class Rule(Struct, frozen=True):
    """One rule: `id` such as S07-23, the pack that supplies its policy, and the tests and scenarios that are about it.

    `regulation` is the title of the text it comes from, `rule` our paraphrase. Of what belongs to it, taken out one by one
    by `make mutate`, tests `noticed` so many and `missed` so many; it is proved when some were noticed and none was missed.
    """

    id: str
    regulation: str
    pack: str
    rule: str
    proved_by: tuple[str, ...] = ()
    noticed: int = 0
    missed: int = 0

    @property
    def proved(self) -> bool:
        """Whether a test goes red whatever of the rule is taken out, as far as the last mutation run knows."""
        return self.noticed > 0 and self.missed == 0


class Tried(Struct, frozen=True):
    """One mutation as `make mutate` keeps it."""

    id: str
    verdict: str
    by: str = ""


def all_rules(tests: Path | None, elements: Mapping[str, tuple[str, ...]] | None = None) -> list[Rule]:
    """Every rule in order, with the tests below `tests` that carry its marker, the scenarios that name it, and of how much
    that was taken out of it a test noticed: of the policies' `elements`, each with its rules, and of the other mutations of
    the checkout's last run."""
    text = files("guibin.regulations").joinpath("rules.toml").read_text(encoding="utf-8")
    proofs = proofs_in(tests) if tests is not None else {}
    for name, told in (scenarios_in(tests.parent) if tests is not None else {}).items():
        proofs.setdefault(name, set()).update(told)
    tried = tried_in(tests, proofs, elements or {}) if tests is not None else {}
    return [
        Rule(
            id=name,
            regulation=regulation["title"],
            pack=entry["pack"],
            rule=entry["rule"],
            proved_by=tuple(sorted(proofs.get(name, ()))),
            noticed=tried.get(name, (0, 0))[0],
            missed=tried.get(name, (0, 0))[1],
        )
        for regulation in tomllib.loads(text).values()
        for name, entry in regulation.items()
        if isinstance(entry, dict)
    ]


def proofs_in(tests: Path) -> dict[str, set[str]]:
    """Rule → tests marked with it, read from the sources."""
    found: dict[str, set[str]] = {}
    for file in sorted(tests.rglob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        everywhere = set(_marked(getattr(_module_mark(tree), "value", None)))
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or not function.name.startswith(
                "test_"
            ):
                continue
            rules = {rule for decorator in function.decorator_list for rule in _marked(decorator)} | everywhere
            for rule in rules:
                found.setdefault(rule, set()).add(f"tests/{file.relative_to(tests)}::{function.name}")
    return found


def scenarios_in(root: Path) -> dict[str, set[str]]:
    """Rule → scenarios of the checkout that name it."""
    found: dict[str, set[str]] = {}
    folders = (root / "core/guibin/regulations/scenarios", *root.glob("plugins/*/guibin_*/scenarios"))
    for file in sorted(file for folder in folders for file in folder.glob("*.toml")):
        for scenario in tomllib.loads(file.read_text(encoding="utf-8")).get("scenario", ()):
            for rule in scenario["rules"]:
                found.setdefault(rule, set()).add(f"{file.relative_to(root).as_posix()}::{scenario['name']}")
    return found


def tried_in(
    tests: Path, proofs: Mapping[str, set[str]], elements: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[int, int]]:
    """Rule → of how many mutations a test noticed, and of how many none did. An element of a policy belongs to the rules of
    its clause, any other mutation to those of the test that noticed."""
    last = last_tried(tests)
    noticed = noticed_elements(tests)
    found: dict[str, tuple[int, int]] = {}
    by_test: dict[str, list[str]] = {}
    for rule, by in proofs.items():
        for test in by:
            by_test.setdefault(test, []).append(rule)
    verdicts = [(rules, name in noticed) for name, rules in elements.items()]
    verdicts += [
        (tuple(by_test.get(one.by.partition("[")[0], ())), one.verdict == "killed")
        for one in last.values()
        if not one.id.startswith("element ")
    ]
    for rules, killed in verdicts:
        for rule in rules:
            before = found.get(rule, (0, 0))
            found[rule] = (before[0] + killed, before[1] + (not killed))
    return found


def noticed_elements(tests: Path) -> set[str]:
    """What a test misses where it is taken out of a policy: by what is kept with the tests, and by the checkout's last run."""
    kept = tests / "mutations" / "noticed.json"
    noticed = set(msgspec.json.decode(kept.read_bytes(), type=dict[str, str])) if kept.is_file() else set()
    for one in last_tried(tests).values():
        if one.verdict == "killed":
            noticed.add(one.id)
        elif one.verdict == "survived":
            noticed.discard(one.id)
    return noticed


def last_tried(tests: Path) -> dict[str, Tried]:
    """Mutation → what became of it the last time, in this checkout."""
    results = tests.parent / ".guibin" / "mutate" / "results.jsonl"
    if not results.is_file():
        return {}
    lines = results.read_bytes().splitlines()
    return {one.id: one for one in (msgspec.json.decode(line, type=Tried) for line in lines)}


def _module_mark(tree: ast.Module) -> ast.Assign | None:
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "pytestmark" for target in statement.targets
        ):
            return statement
    return None


def _marked(node: ast.AST | None) -> Iterator[str]:
    if node is None:
        return
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "rule":
            yield from (a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str))


class Said(Struct, frozen=True):
    """What pages say of a rule: its name and our own paraphrase, in one language."""

    id: str
    name: str
    rule: str


@cache
def said(language: str) -> Mapping[str, Said]:
    """Every rule that decisions cite, by its id."""
    words = tomllib.loads(files("guibin.regulations").joinpath("words.toml").read_text(encoding="utf-8"))
    english = {rule.id: _GLOSS.sub("", rule.rule) for rule in all_rules(None)}
    return {
        name: Said(name, en if language == "en" else zh, english[name] if language == "en" else paraphrase)
        for name, (zh, en, paraphrase) in words.items()
    }
