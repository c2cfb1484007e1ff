"""What an entry says, in words: no name that only the program knows stands on a page."""

from collections.abc import Sequence
from typing import Any

from guibin.audit.queries import AuditEntryView
from guibin.console.lists import TABLES
from guibin.console.shell import Shell

from .unusual import UnusualLookView
from .versions import Changed


class Teller:
    """Puts what the record holds into the reader's words."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    def fields(self, entry: AuditEntryView) -> str:
        """What was shown of somebody: fields of the archive and of cases by their names. Of a list, which and which columns."""
        if entry.action == "list.export" and entry.fields:
            return self._list(entry.fields)
        named = [self._field(name) for name in entry.fields]
        known = list(dict.fromkeys(each for each in named if each))
        rest = sum(not each for each in named)
        if rest and known:
            known.append(self.shell.says("oversight.more_fields", count=rest))
        return self.shell.joined(known)

    def _field(self, name: str) -> str:
        shell = self.shell
        plain = name.rpartition(".")[2]
        if f"field.{plain}" in shell.act.policy.texts:
            return shell.named(f"field.{plain}")
        for key in (f"oversight.part.{plain}", f"field.{plain}", f"oversight.thing.{plain}"):
            if shell.studio.words.has(key):
                return shell.says(key)
        return ""

    def _list(self, fields: Sequence[str]) -> str:
        shell, table = self.shell, TABLES.get(fields[0])
        if table is None:
            return ""
        known = {column.name: column for column in table.columns}
        columns = [shell.says(table.titled(known[each])) for each in fields[1:] if each in known]
        return f"{shell.says(f'{table.slice_name}.title')}{shell.says('colon')}{shell.joined(columns)}"

    def refused(self, kind: str) -> str:
        """Why nothing came of an attempt."""
        key = f"oversight.refused.{kind.replace('-', '_')}"
        return self.shell.says(key if self.shell.studio.words.has(key) else "oversight.refused.other")

    def role(self, name: str) -> str:
        """A role or post."""
        return self.shell.post(name)

    def roles(self, names: Sequence[str]) -> str:
        """Several of them."""
        return self.shell.joined(self.shell.post(each) for each in names)

    def recipient(self, said: str) -> str:
        """Who got it: the customer, or who is named."""
        return self.shell.says(f"oversight.recipient.{said}") if said in ("customer", "outside") else said

    def basis(self, said: str) -> str:
        """What it rests on; the customer's permission is written down in both languages."""
        return self.shell.says("oversight.by_consent") if said.endswith(" with permission") else said

    def customers(self, row: Any) -> str:
        """Whose files: the first names, and how many more there are."""
        shown = self.shell.joined(row.customer_names)
        more = max(len(row.customer_ids), row.shown if row.customer_ids else 0) - len(row.customer_names)
        if not row.customer_names:
            return self.shell.says("behind_wall") if row.customer_ids else ""
        return f"{shown}{self.shell.says('oversight.and_more', count=more)}" if more > 0 else shown

    def drawn(self, look: UnusualLookView) -> str:
        """Whose files unusual looks were at: the first names, and how many more."""
        shown, more = self.shell.joined(look.customer_names), len(look.customer_ids)
        more = max(more, look.found if look.customer_id is None and look.customer_ids else 0) - len(look.customer_names)
        return f"{shown}{self.shell.says('oversight.and_more', count=more)}" if shown and more > 0 else shown

    def why(self, look: UnusualLookView) -> str:
        """Why somebody's looks are listed, with the figures of the rule."""
        key = f"oversight.unusual.why.{look.rule}"
        return self.shell.says(key, found=look.found, looks=look.looks, bound=look.at_least, who=look.actor_name)

    def element(self, part: str, name: str) -> str:
        """An element of the policy by its title; empty where it has none."""
        texts, policy = self.shell.act.policy.texts, self.shell.act.policy
        last = name.rpartition("/")[2]
        for key in _TITLES.get(part, ()):
            if key.format(last) in texts:
                return policy.title(key.format(last), self.shell.language)
        return ""

    def figures(self, element: Changed) -> list[tuple[str, str, str]]:
        """The figures that differ, each with what it is called; those that nothing is called are counted by `rest`."""
        named = ((self._figure(path), was, now) for path, was, now in element.figures)
        return [(name, was, now) for name, was, now in named if name]

    def rest(self, element: Changed) -> int:
        """How many figures differ that have no name of their own."""
        return len(element.figures) - len(self.figures(element))

    def _figure(self, path: str) -> str:
        key = f"oversight.figure.{path.rpartition('.')[2]}"
        return self.shell.says(key) if self.shell.studio.words.has(key) else ""


# Under which texts the elements of a part have their titles.
_TITLES: dict[str, tuple[str, ...]] = {
    "posts": ("post.{}",),
    "fields": ("field.{}",),
    "settings": ("setting.{}",),
    "schemes": ("scheme.{}",),
    "enabled_schemes": ("scheme.{}",),
    "service_items": ("service_item.{}.title",),
    "entitlements": ("service_item.{}.title", "tier.{}"),
    "cards": ("card.{}",),
    "approvals": ("approval.{}",),
    "kpis": ("kpi.{}",),
    "topics": ("topic.{}",),
    "activities": ("activity_kind.{}", "activity.{}"),
    "reviews": ("review.{}",),
    "surveys": ("survey.{}",),
    "department_tasks": ("department_task.{}",),
    "registers": ("register.{}",),
}
