"""A trend as a drawing: from zero up, in round lines, with gaps where nothing is shown."""

from guibin.insight.drawing import HEIGHT, WIDTH, chart


def test_points_stand_by_their_value_and_a_gap_parts_the_line():
    drawn = chart([("1", 0, None), ("2", 500, True), ("3", None, None), ("4", 1000, False), ("5", 1000, True)], 900)

    assert [dot.y for dot in drawn.dots] == [172.0, 94.0, None, 16.0, 16.0]
    assert len(drawn.runs) == 2
    assert drawn.target_y == 31.6
    assert all(0 <= dot.x <= WIDTH and (dot.y is None or 0 <= dot.y <= HEIGHT) for dot in drawn.dots)


def test_lines_are_round_however_large_the_figures_are():
    tops = {most: chart([("1", most, None)], None).grid[-1].value for most in (0, 3, 7, 41, 950, 12_345)}

    assert tops == {0: 4, 3: 4, 7: 8, 41: 80, 950: 1000, 12_345: 20_000}
