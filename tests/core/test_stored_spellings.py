"""What is written down under a name keeps it: rows, queued jobs, webhooks and programs of others hold these texts.

A new line in `stored_spellings.txt` is a new name. A line that goes or changes breaks what was stored under it: give
the moved job its old kind (`reacts_to(…, kind=)`), and think twice about the rest.
"""

import pytest
import spellings

from guibin.app.factory import create_app
from guibin.packs import Packs
from support import litestar_in

WRITTEN = spellings.written()


@pytest.fixture(scope="module")
def stored():
    app = create_app("postgresql://nobody@nowhere/nothing", packs=Packs({}))
    return spellings.stored(litestar_in(app))


@pytest.mark.parametrize("family", WRITTEN)
def test_what_is_stored_is_spelled_as_it_was(stored, family):
    assert WRITTEN[family] != []
    assert stored[family] == WRITTEN[family]


def test_every_family_is_written_down(stored):
    assert list(stored) == list(WRITTEN)


def test_texts_are_found_through_constants_parameters_and_choices(tmp_path):
    room = tmp_path / "guibin" / "room"
    room.mkdir(parents=True)
    (room / "names.py").write_text('SUBJECT = "case"\n')
    (room / "actions.py").write_text(
        "from guibin.audit.actions import AuditNote\n"
        "from .names import SUBJECT\n"
        "def note(verb, row):\n"
        '    kind = f"{SUBJECT}.{verb}"\n'
        "    return AuditNote(action=kind, subject=row['subject'])\n"
        "KIND: dict = {int: 'case.open', str: 'case.shut'}\n"
        "def tell(row):\n"
        "    return AuditNote(action=KIND[type(row)])\n"
        "def end(row):\n"
        '    return note("end" if row else "drop", row), AuditNote(action=f"row.{row.id}")\n'
    )
    (room / "api.py").write_text(
        "from . import actions\ndef read(row):\n    return actions.note(verb='read', row=row)\n"
    )

    said = spellings.Sources(tmp_path / "guibin").said("guibin.audit.actions.AuditNote", "action")

    assert said == {"case.end", "case.drop", "case.read", "row.{}", "case.open", "case.shut"}
