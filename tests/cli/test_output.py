"""What a script or a log gets: whole lines, aligned, nothing behind them."""

import subprocess
import sys

from guibin.cli.output import as_table


def test_a_table_in_a_pipe_is_aligned_by_columns_and_not_padded(capsys):
    as_table(("rule", "what must hold"), [("S07-1", "客户"), ("客户", "x" * 400), ("S1", None)], empty="-")

    assert capsys.readouterr().out.splitlines() == [
        "rule   what must hold",
        "S07-1  客户",
        f"客户   {'x' * 400}",
        "S1",
    ]


def test_no_rows_are_said_in_a_sentence(capsys):
    as_table(("rule",), [], empty="No such rule")

    assert capsys.readouterr().out == "No such rule\n"


def test_who_reads_the_first_line_only_is_not_told_of_a_fault():
    done = subprocess.run(
        f"{sys.executable} -m guibin.cli rules | head -n 1", shell=True, capture_output=True, text=True
    )

    assert (len(done.stdout.splitlines()), done.stderr) == (1, "")
