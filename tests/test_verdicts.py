"""What stands out of the scatter of seeds, and how records are shown."""

from gan_utils.experiments import critics, verdicts

import numpy as np
import pytest
from scipy import stats


def distances(*values):
    return [{"frechet": float(value)} for value in values]


def modes(*pairs):
    return [{"covered": covered, "good": good} for covered, good in pairs]


@pytest.mark.parametrize(
    ("row", "other", "said"),
    [
        (distances(1, 2, 2), distances(3, 4, 5), "better"),
        (distances(3, 5, 4), distances(1, 2, 2), "worse"),
        (distances(1, 4, 1), distances(3, 5, 6), "scatter"),
        (distances(3, 5, 4), distances(3, 5, 4), "scatter"),
        (modes((8, 0.7)) * 3, modes((7, 0.9)) * 3, "better"),  # modes come first
        (modes((8, 0.7)) * 3, modes((8, 0.9)) * 3, "worse"),
        (modes((8, 0.7), (1, 0.9), (8, 0.8)), modes((7, 0.9)) * 5, "scatter"),
        ([{}] * 3, distances(1e6, 1e6, 1e6), "worse"),  # it broke off
        ([{}] * 3, modes((0, 0.0)) * 3, "worse"),
        ([{}] * 3, [{}] * 3, "scatter"),
        (distances(1, 1), distances(2, 2, 2), "too few seeds"),
        (distances(1, 1, 1), [], "too few seeds"),
    ],
)
def test_a_row_is_better_when_each_seed_is(row, other, said):
    assert verdicts.judge(row, other) == said


def test_rows_are_written_seed_by_seed_beside_one(capsys):
    record = {"right": distances(10, 11, 9), "wrong": distances(20, 12.6, 13)}
    record["off"] = [{}]
    verdicts.write(record, ["right", "wrong", "off", "missing"], "right")
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["right", "10", "11", "9"],
        ["wrong", "20", "13", "13", "worse"],
        ["off", "broke", "off", "too", "few", "seeds"],
    ]


def test_a_table_marks_what_a_penalty_and_a_norm_change(capsys):
    record = {name: modes((8, 0.9), (8, 0.8), (8, 0.9)) for name in critics.TABLE}
    record["hinge, R1, plain D"] = modes((8, 0.95), (8, 0.99), (8, 1.0))
    record["hinge, R1, batch norm"] = [{}, *modes((3, 0.5), (8, 0.1))]
    record["pair, R1, batch norm"] = modes((8, 0.1))
    assert verdicts.write_table(record) == 2
    table = [line.split() for line in capsys.readouterr().out.splitlines()]
    same = ["90%", "80%", "90%"]
    better, worse = ["95%", "99%", "100%", "+"], ["off", "3/8", "10%", "−"]
    assert table[3] == ["hinge", *same, *same, *better, *same]
    assert table[9] == ["hinge", *same, *same, *worse, *same]
    assert table[11] == ["pair", *same, *same, "10%", "?", *same]
    marks = [word for line in table for word in line if word in ("+", "−", "?")]
    assert marks == ["+", "−", "?"]


def test_a_table_shows_the_norms_that_it_is_asked_for(capsys):
    record = {name: modes((8, 0.9), (8, 0.8), (8, 0.9)) for name in critics.TABLE}
    record["hinge, R1, batch norm"] = [{}] * 3
    assert verdicts.write_table(record, norms=["plain D"]) == 0
    assert "batch norm" not in capsys.readouterr().out
    assert verdicts.write_table(record, norms=["batch norm"]) == 1
    assert "plain D" not in capsys.readouterr().out


def test_losses_are_counted_beside_the_first_one(capsys):
    record = {name: distances(5, 6, 7) for name in critics.TABLE}
    record["hinge, R1, plain D"] = distances(4, 3, 4)
    record["pair, none, plain D"] = distances(8, 9, 8)
    record["pair, R1, plain D"] = distances(8, 9, 6)
    verdicts.write_losses({"here": record, "there": record})
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1] == ["here,", "none", "scatter", "scatter", "scatter", "worse"]
    assert lines[3] == ["here,", "R1", "scatter", "better", "scatter", "scatter"]
    assert lines[-2:] == [
        ["better,", "of", "8", "0", "2", "0", "0"],
        ["worse,", "of", "8", "0", "0", "0", "2"],
    ]


STEPS = [*range(12)]
WORTH = [9, 8, 8.5, 7, 5, 6, 4, 4.5, 2, 3, 1, 0]


def training(says):
    return {"steps": STEPS, "says": says, "frechet": WORTH}


def test_what_is_left_beyond_the_step_is_a_partial_correlation():
    loss, step, both, left = verdicts.correlate(training(WORTH))
    assert loss == pytest.approx(1) and left == pytest.approx(1)
    assert both == step == pytest.approx(stats.spearmanr(WORTH, STEPS)[0] * -1)
    says = [3, 9, 8, 1, 7, 5, 6, 2, 0, 4, 1.5, 2.5]
    loss, step, both, left = verdicts.correlate(training(says))
    assert loss == pytest.approx(stats.spearmanr(says, WORTH)[0])
    ranks = [stats.rankdata(each) for each in (says, WORTH, STEPS)]
    rest = [
        each - np.polyval(np.polyfit(ranks[2], each, 1), ranks[2]) for each in ranks
    ]
    assert left == pytest.approx(np.corrcoef(rest[:2])[0, 1])


def test_luck_reaches_less_far_with_more_seeds():
    one, many = ([training(WORTH)] * count for count in (1, 6))
    assert 0.4 < verdicts.reach_by_luck(one, 200) < 0.8
    assert 0.1 < verdicts.reach_by_luck(many, 200) < 0.35


def test_a_loss_that_follows_is_told_from_one_that_goes_by_the_step(capsys):
    follows = [worth + 0.01 * step for worth, step in zip(WORTH, STEPS)]
    wanders = [3, 9, 8, 1, 7, 5, 6, 2, 0, 4, 1.5, 2.5]
    names = ["along: critic", "along: critic, five steps"]
    rows = [[training(says)] * 3 for says in (wanders, follows)]
    verdicts.write_along(dict(zip(names, rows)))
    lines = capsys.readouterr().out.splitlines()
    assert [line[:25].strip() for line in lines[1::4]] == names[::-1]
    assert ": told; a meter 10 % off: told in" in lines[4]
    assert ": could not be told; a meter" in lines[8]


def test_nothing_is_told_where_the_step_tells_all(capsys):
    ever_better = training(WORTH) | {"frechet": STEPS[::-1]}
    assert np.isnan(verdicts.correlate(ever_better)[-1])
    verdicts.write_along({"along: critic": [ever_better] * 3})
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].endswith("no room")
    assert lines[4].strip() == "the step tells all; the loss above 0.5 with 3 of 3"
    verdicts.write_along({"along: critic": [ever_better, *[training(WORTH)] * 2]})
    assert "told" not in capsys.readouterr().out


def test_one_seed_that_says_nothing_keeps_a_loss_from_being_told():
    row = [training(WORTH)] * 3
    assert verdicts.find_meters(row, 0.4, 20) > 0.9
    assert verdicts.find_meters(row, 1.1, 20) == 0


def test_a_training_is_drawn_by_its_halves_without_its_first_point():
    along = {"steps": [1, 2, 3, 4], "says": [4, 3, 2, 1], "frechet": [400, 90, 80, 70]}
    figure = verdicts.draw_along(dict.fromkeys(critics.ALONG, [along] * 3))
    assert len(figure.axes) == len(critics.ALONG)
    hollow, filled = figure.axes[0].lines[:2]
    assert [*hollow.get_ydata(), *filled.get_ydata()] == [3, 2, 1]
    assert hollow.get_markerfacecolor() == "none" != filled.get_markerfacecolor()
    *_, last = figure.legends[0].get_texts()
    assert last.get_text() == "second half"


def test_what_is_shipped_can_be_shown(capsys):
    for name in ("critics", "plane_critics"):
        verdicts.write_table(verdicts.load(name))
    assert capsys.readouterr().out.count("cross-entropy") == 4
