"""What `guibin up` says when it is ready."""

import json

from guibin import demonstration


def test_a_newcomer_reads_the_companies_and_how_to_sign_in(tmp_path):
    access = {"slug": "hetian-bank", "name": "和田银行", "key": "gb_live_1", "complaints": True}
    nobody = demonstration.welcome("http://127.0.0.1:8000", tmp_path)
    (tmp_path / demonstration.FILE).write_text(json.dumps([access]))

    text = demonstration.welcome("http://127.0.0.1:8000", tmp_path)

    assert nobody == "Guibin is ready: http://127.0.0.1:8000"
    assert ("hetian-bank" in text, "Bearer gb_live_1" in text, demonstration.PASSWORD in text) == (True, True, True)
