"""What the attack found is told in a table; `.ci/run` runs a slice of the attack."""

from tools.attack import report


def test_the_table_counts_what_held_and_says_what_broke():
    rows = [report.Row("a: one", 3), report.Row("b: two", 2, ["It fell."], "once")]
    head, first, second, total, broke = report.table(rows).splitlines()
    assert head.split() == ["what", "tried", "held", "broke"]
    assert first.split() == ["a:", "one", "3", "3", "0"]
    assert second.split() == ["b:", "two", "2", "1", "1", "once"]
    assert total.split() == ["in", "all", "5", "4", "1"]
    assert broke == "BROKE b: two: It fell."
