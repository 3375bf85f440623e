"""The numbers against distributions and drawings whose answers are known."""

import re
import tracemalloc

from gan_utils import metrics, neighbours

import numpy as np
import pytest

RNG = np.random.default_rng(0)
POINTS = RNG.standard_normal((4000, 8))
SURE = np.eye(10)[RNG.permutation(np.arange(1000) % 10)]


def test_the_score_of_sure_and_equal_digits_is_ten():
    assert metrics.classifier_score(SURE) == pytest.approx(10)


def test_the_score_of_one_digit_or_of_no_opinion_is_one():
    assert metrics.classifier_score(np.eye(10)[[3] * 50]) == pytest.approx(1)
    assert metrics.classifier_score(np.full((50, 10), 0.1)) == pytest.approx(1)


def test_the_score_is_worked_out_by_hand():
    # Two images, p = (.9, .1) and (.1, .9): the mean is (.5, .5).
    divergence = 0.9 * np.log(0.9 / 0.5) + 0.1 * np.log(0.1 / 0.5)
    given = np.array([[0.9, 0.1], [0.1, 0.9]])
    assert metrics.classifier_score(given) == pytest.approx(np.exp(divergence))


def test_coverage_counts_digits():
    shares, divergence = metrics.digit_coverage(SURE)
    assert shares == pytest.approx(np.full(10, 0.1))
    assert divergence == pytest.approx(0)
    shares, divergence = metrics.digit_coverage(np.eye(10)[[3] * 50])
    assert shares.tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert divergence == pytest.approx(np.log(10))


def test_confident_images_are_counted_from_the_threshold():
    given = np.array([[0.95, 0.05], [0.94, 0.06], [1.0, 0.0], [0.5, 0.5]])
    assert metrics.confident_share(given) == 0.5
    assert metrics.confident_share(given, threshold=0.5) == 1.0


def test_a_set_is_at_no_distance_from_itself():
    assert metrics.frechet_distance(POINTS, POINTS) == pytest.approx(0, abs=1e-9)


def test_two_gaussians_are_as_far_apart_as_their_formula_says():
    rng = np.random.default_rng(1)
    mean = np.array([1.0, -2.0, 0.5])
    first, second = (
        np.diag([1.0, 4.0, 9.0]),
        np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.3], [0.0, 0.3, 3.0]]),
    )
    # By another road: the square root of the product, through its eigenvalues.
    root = np.sqrt(np.linalg.eigvals(first @ second).real).sum()
    expected = mean @ mean + np.trace(first) + np.trace(second) - 2 * root
    samples = [
        rng.multivariate_normal(center, covariance, 200_000)
        for center, covariance in ((mean, first), (np.zeros(3), second))
    ]
    assert metrics.frechet_distance(*samples) == pytest.approx(expected, rel=0.02)
    assert metrics.frechet_distance(*samples[::-1]) == pytest.approx(expected, rel=0.02)


def test_the_distance_of_real_from_real_falls_with_their_number():
    rng = np.random.default_rng(2)
    floors = [
        metrics.frechet_distance(*rng.standard_normal((2, count, 8)))
        for count in (50, 500, 5000)
    ]
    assert floors[0] > 3 * floors[1] > 9 * floors[2] > 0


def test_one_image_repeated_has_quality_without_variety():
    middle = POINTS[(POINTS**2).sum(axis=1).argmin()]
    repeated = np.tile(middle, (1000, 1))
    density, coverage = metrics.density_and_coverage(repeated, POINTS)
    assert density > 1
    assert coverage < 0.05
    # Without variance only the trace of the real covariance is left.
    expected = ((middle - POINTS.mean(axis=0)) ** 2).sum() + np.trace(np.cov(POINTS.T))
    assert metrics.frechet_distance(repeated, POINTS) == pytest.approx(expected)


def test_real_against_real_covers_and_far_away_does_not():
    fresh = np.random.default_rng(3).standard_normal(POINTS.shape)
    density, coverage = metrics.density_and_coverage(fresh, POINTS)
    assert density == pytest.approx(1, abs=0.1)
    assert coverage > 0.9
    assert metrics.density_and_coverage(fresh + 50, POINTS) == (0, 0)


def test_density_and_coverage_by_hand():
    # Balls around 0, 1 and 3 reach their nearest neighbour: radii 1, 1 and 2.
    real = np.array([[0.0], [1.0], [3.0]])
    given = np.array([[0.5], [4.5]])
    density, coverage = metrics.density_and_coverage(given, real, neighbours=1)
    assert density == pytest.approx(3 / 2)  # .5 lies in two balls, 4.5 in one
    assert coverage == pytest.approx(1)


def test_a_ball_reaches_the_nearest_real_neighbour():
    real = np.array([[0.0], [1.0], [3.0]])
    assert metrics.ball_sizes(real, neighbours=1) == pytest.approx([1, 1, 4])
    assert metrics.ball_sizes(real, neighbours=2) == pytest.approx([9, 4, 9])


def test_balls_that_were_measured_before_give_the_same_numbers():
    points, real = POINTS[:1100], POINTS[1100:2300] + 0.1  # three blocks
    wide, narrow = sizes = metrics.ball_sizes(real, metrics.BALLS)
    np.testing.assert_array_equal(wide, metrics.ball_sizes(real))
    found = metrics.density_and_coverage(points, real, sizes=wide)
    assert found == metrics.density_and_coverage(points, real)
    others = metrics.precision_and_recall(points, real, sizes=narrow)
    assert others == metrics.precision_and_recall(points, real)
    probabilities = SURE[np.arange(1100) % 1000]
    figures = metrics.evaluate(points, probabilities, real, sizes)
    assert figures == metrics.evaluate(points, probabilities, real)
    assert (figures["density"], figures["coverage"]) == found
    assert (figures["precision"], figures["recall"]) == others


def test_balls_that_were_measured_before_are_not_measured_again():
    points, real = POINTS[:100], POINTS[100:300]
    none, everything = np.zeros(200), np.full(200, 1e6)
    assert metrics.density_and_coverage(points, real, sizes=none) == (0, 0)
    assert metrics.precision_and_recall(points, real, sizes=none)[0] == 0
    found = metrics.evaluate(points, SURE[:100], real, sizes=[everything, none])
    assert (found["density"], found["coverage"]) == (200 / 5, 1)
    assert found["precision"] == 0
    found = metrics.evaluate(points, SURE[:100], real, sizes=[none, everything])
    assert (found["density"], found["precision"]) == (0, 1)


def test_precision_and_recall_by_hand():
    # Balls around 0, 1 and 3 reach their nearest neighbour: radii 1, 1 and 2. Those of
    # .5, 4.5 and 9 have the radii 4, 4 and 4.5: the first holds 0, 1 and 3.
    real = np.array([[0.0], [1.0], [3.0]])
    given = np.array([[0.5], [4.5], [9.0]])
    found = metrics.precision_and_recall(given, real, neighbours=1)
    assert found == pytest.approx((2 / 3, 1))
    # Around -4, 1 and 2, radii 5, 1 and 1 hold .5 only; -4 lies in no ball of these.
    far = np.array([[-4.0], [1.0], [2.0]])
    found = metrics.precision_and_recall(given, far, neighbours=1)
    assert found == pytest.approx((1 / 3, 2 / 3))


def test_one_image_repeated_is_precise_and_recalls_nothing():
    middle = POINTS[(POINTS**2).sum(axis=1).argmin()]
    precision, recall = metrics.precision_and_recall(np.tile(middle, (1000, 1)), POINTS)
    assert precision == 1
    assert recall <= 1 / len(POINTS)


def test_a_wide_cloud_recalls_much_and_is_not_precise():
    wide = 3 * np.random.default_rng(6).standard_normal(POINTS.shape)
    precision, recall = metrics.precision_and_recall(wide, POINTS)
    assert precision < 0.2
    assert recall > 0.9
    assert metrics.precision_and_recall(POINTS, wide) == (recall, precision)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_few_points_have_balls_to_the_furthest(count):
    furthest = metrics.precision_and_recall(POINTS[:count], POINTS, count - 1)
    if count < 4:
        sizes = metrics.ball_sizes(POINTS, 3)
        found = metrics.precision_and_recall(POINTS[:count], POINTS, 3, sizes)
        assert found[1] == furthest[1]
    figures = metrics.evaluate(POINTS[:count], SURE[:count], POINTS)
    assert figures["recall"] == furthest[1] > 0


def test_all_four_are_those_of_the_single_functions():
    points, real = POINTS[:700], POINTS[700:1900] * 1.1
    found = neighbours.compare(points, real)
    assert tuple(found.values()) == (
        *metrics.density_and_coverage(points, real, 5),
        *metrics.precision_and_recall(points, real, 3),
    )
    assert list(found) == ["density", "coverage", "precision", "recall"]


def test_the_nearest_are_found_across_blocks():
    others = np.random.default_rng(4).standard_normal((700, 3))
    indices, distances = metrics.nearest(others + 1e-4, others)
    assert indices.tolist() == list(range(700))
    assert distances == pytest.approx(np.full(700, np.sqrt(3) * 1e-4), rel=1e-3)


@pytest.mark.parametrize(
    "values",
    [np.zeros((0, 10)), np.full((3, 10), 0.2), np.full(10, 0.1), [[1.5, -0.5]]],
)
def test_what_is_no_probability_is_refused(values):
    for metric in (
        metrics.classifier_score,
        metrics.digit_coverage,
        metrics.confident_share,
    ):
        with pytest.raises(ValueError, match="(?i)probabilities"):
            metric(values)


@pytest.mark.parametrize(
    "features, message",
    [
        (np.zeros((5, 3)), r"\(5, 3\) and \(4000, 8\)"),
        (np.zeros(8), r"\(8,\)"),
        (np.full((5, 8), np.nan), "NaN"),
        (np.zeros((1, 8)), "two or more"),
    ],
)
def test_features_that_do_not_fit_are_refused(features, message):
    for metric in (
        metrics.frechet_distance,
        metrics.density_and_coverage,
        metrics.precision_and_recall,
    ):
        with pytest.raises(ValueError, match=message):
            metric(features, POINTS)


@pytest.mark.parametrize("count", [0, 4000])
def test_a_ball_needs_a_neighbour(count):
    with pytest.raises(ValueError, match="from 1 to 3,999"):
        metrics.density_and_coverage(POINTS, POINTS, count)
    with pytest.raises(ValueError, match="from 1 to 3,999"):
        metrics.precision_and_recall(POINTS, POINTS, count)
    with pytest.raises(ValueError, match="from 1 to 3,999"):
        metrics.ball_sizes(POINTS, count)
    with pytest.raises(ValueError, match="from 1 to 3,999"):
        metrics.ball_sizes(POINTS, (5, count))


def test_one_feature_is_enough():
    values = np.arange(10.0)[:, None]
    assert metrics.frechet_distance(values + 3, values) == pytest.approx(9)


def test_all_numbers_at_once_do_not_depend_on_the_scale_of_the_features():
    points, real = POINTS[:1000], POINTS[1000:2000] + 0.1
    figures = metrics.evaluate(points, SURE, real)
    scaled = metrics.evaluate(3 * points, SURE, 3 * real)
    assert figures.pop("shares") == scaled.pop("shares")
    assert figures == pytest.approx(scaled)
    distance = metrics.frechet_distance(points, real)
    variance = real.var(axis=0).mean()
    assert figures["frechet_distance"] == pytest.approx(distance / variance)
    assert figures["n"] == 1000


def test_the_table_has_a_line_for_each_set():
    figures = metrics.evaluate(POINTS[:1000], SURE, POINTS[1000:2000])
    figures["shares"] = [0.02, 0.18, *[0.1] * 8]
    title, first, second = metrics.table({"mine": figures, "other": figures}).split(
        "\n"
    )
    assert "Fréchet" in title
    assert first.split() == [
        *("mine", "1,000", f"{figures['frechet_distance']:.2f}", "10.00"),
        *(f"{figures['density']:.2f}", f"{figures['coverage']:.2f}"),
        *(f"{figures['precision']:.2f}", f"{figures['recall']:.2f}"),
        *("100.0%", "2.0%", "0.0000"),
    ]
    assert len(title) == len(first) == len(second)


def read_as(digits, certainty=1.0):
    """Returns probabilities of digits, each read with a certainty."""
    certainty = np.asarray(certainty)[..., None]
    chosen = np.eye(10)[np.asarray(digits)]
    return np.where(chosen == 1, certainty, (1 - certainty) / 9)


def test_numbers_of_three_digits_are_counted_by_hand():
    digits = np.array([[0, 0, 0], [0, 0, 0], [1, 2, 3], [3, 2, 1]])
    shares = np.array([0.5, 0.25, 0.25])
    divergence = (shares * np.log(shares * 1000)).sum()
    found = metrics.count_modes(read_as(digits))
    assert (found["n"], found["modes_covered"]) == (4, 3)
    assert found["kl"] == pytest.approx(divergence)
    assert (found["sure_share"], found["sure_modes"]) == (1, 3)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_numbers_of_more_or_fewer_digits_are_counted_too(count):
    every = np.indices((10,) * count).reshape(count, -1).T
    found = metrics.count_modes(read_as(every))
    assert found["modes_covered"] == found["sure_modes"] == 10**count
    assert found["kl"] == pytest.approx(0, abs=1e-12)
    half = metrics.count_modes(read_as(every[: 10**count // 2]))
    assert half["kl"] == pytest.approx(np.log(2))
    with_leading = metrics.count_modes(read_as(every[:10]))
    assert with_leading["modes_covered"] == 10


def test_an_image_is_sure_where_all_three_of_its_digits_are():
    digits = np.array([[0, 0, 0], [0, 0, 0], [1, 2, 3], [3, 2, 1], [3, 2, 1]])
    certain = [[1, 1, 1], [1, 1, 0.94], [0.95, 0.951, 1], [1, 0.5, 1], [0.9, 1, 1]]
    found = metrics.count_modes(read_as(digits, certain))
    assert (found["modes_covered"], found["sure_modes"]) == (3, 2)
    assert found["sure_share"] == pytest.approx(2 / 5)
    found = metrics.count_modes(read_as(digits, 0.8))
    assert (found["modes_covered"], found["sure_modes"]) == (3, 0)
    assert found["sure_share"] == 0


def test_all_numbers_are_1000_modes_and_diverge_by_nothing():
    found = metrics.count_modes(read_as(np.indices((10, 10, 10)).reshape(3, -1).T))
    expected = {"n": 1000, "modes_covered": 1000, "kl": pytest.approx(0)}
    assert found == {**expected, "sure_share": 1, "sure_modes": 1000}


def test_26000_numbers_drawn_evenly_miss_none():
    digits = np.random.default_rng(0).integers(10, size=(26_000, 3))
    found = metrics.count_modes(read_as(digits))
    assert found["modes_covered"] == 1000
    assert found["kl"] == pytest.approx(0.02, abs=0.003)


def figures_of(share=0.95, modes=1000, kl=0.025, n=26_000):
    return {"n": n, "kl": kl, "sure_share": share, "sure_modes": modes}


@pytest.mark.parametrize(
    ("figures", "passed", "told"),
    [
        (figures_of(), True, "1,000 of 1,000 modes"),
        (figures_of(0.5, 900, 0.125), True, "900 of"),
        (figures_of(np.float32(1), np.int64(1000), -1e-12), True, "1,000 of"),
        (figures_of(0.499), False, "49.9% of the images are read for sure, needed are"),
        (figures_of(modes=899), False, "899 of 1,000 modes, .* needed are 900"),
        (figures_of(kl=0.127), False, "a KL of 0.127; allowed are 0.125"),
        (figures_of(0.975, kl=2.79), False, "unevenly: a KL of 2.790"),  # half black
        (figures_of(1, 1, 6.908), False, "1 of 1,000 modes"),  # grey noise
        (figures_of(0, 0), False, "0.0% of"),
        # 900 (1 - (1 - 1 / 900)^1900) = 791, less two to four deviations of 8.
        (figures_of(0.95, 775, 0.38, 2000), True, "775 of"),
        (figures_of(0.95, 759, 0.38, 2000), False, "needed are 77[0-9]"),
        (figures_of(0.95, 791, 0.395, 2000), False, "but unevenly"),
    ],
)
def test_modes_pass_where_they_are_sure_and_many_and_even(figures, passed, told):
    found, sentence = metrics.modes_verdict(figures)
    assert found is passed
    assert re.search(told, sentence)


@pytest.mark.parametrize("count", [2000, 5000, 10_000, 26_000])
def test_as_many_real_digits_pass(count):
    """With room for three standard deviations."""
    worst = {
        name: mean + (3 if name == "kl" else -3) * spread
        for name, (mean, spread) in metrics.ceilings(count).items()
    }
    worst["sure_modes"] = int(worst["sure_modes"])
    assert metrics.modes_verdict({"n": count, **worst})[0]


def repeat_one(share, count):
    """Returns figures of numbers drawn evenly, a share of which is 111."""
    digits = np.random.default_rng(0).integers(10, size=(count, 3))
    digits[: int(share * count)] = 1
    return metrics.count_modes(read_as(digits))


@pytest.mark.parametrize("count", [2000, 26_000])
def test_one_image_that_comes_too_often_passes_no_verdict(count):
    assert metrics.modes_verdict(repeat_one(0.01, count))[0]
    for part in (0.05, 0.5, 0.8):
        assert repeat_one(part, 26_000)["sure_modes"] > 990
        assert not metrics.modes_verdict(repeat_one(part, count))[0]


def count_drawn(numbers, count, seed):
    """Returns figures of some of the 1,000 numbers, drawn equally often."""
    drawn = np.random.default_rng(seed).choice(numbers, count)
    digits = np.stack([drawn // 100, drawn // 10 % 10, drawn % 10], axis=1)
    return metrics.count_modes(read_as(digits))


@pytest.mark.parametrize("count", [2000, 5000, 26_000])
def test_numbers_as_many_as_the_bar_asks_for_pass_if_drawn_evenly(count):
    """Nineteen sets of twenty at least: the bar lies where few such sets get."""
    numbers = np.random.default_rng(0).permutation(1000)
    for many, least, most in ((900, 19, 20), (1000, 20, 20), (800, 0, 0)):
        sets = [count_drawn(numbers[:many], count, seed) for seed in range(1, 21)]
        passed = sum(metrics.modes_verdict(figures)[0] for figures in sets)
        assert least <= passed <= most, many


def test_a_verdict_is_the_same_each_time():
    found = metrics.modes_verdict(figures_of(kl=0.2))
    assert metrics.modes_verdict(figures_of(kl=0.2)) == found


def test_one_image_in_three_of_a_hundred_passes_among_26000():
    assert "three of a hundred" in metrics.modes_verdict.__doc__
    assert metrics.modes_verdict(repeat_one(0.03, 26_000))[0]


def test_what_a_verdict_asks_for_can_be_changed():
    figures = figures_of(0.4, 500, np.log(2))
    assert not metrics.modes_verdict(figures, modes=500)[0]
    assert not metrics.modes_verdict(figures, share=0.4)[0]
    assert metrics.modes_verdict(figures, modes=500, share=0.4)[0]


@pytest.mark.parametrize(
    ("figures", "message"),
    [
        ({"n": 26_000, "kl": 0.1}, "lack sure_modes, sure_share. Measure"),
        ({"sure_share": 0.9, "sure_modes": 3}, "lack kl, n. Measure"),
        (figures_of(n=1999), "n is 1999; needed is a whole number from 2000"),
        (figures_of(n=10**30), "n is 1000000000000000000000000000000; needed is"),
        (figures_of(share=1.1), "sure_share is 1.1"),
        (figures_of(modes=2.5), "sure_modes is 2.5"),
        (figures_of(kl=np.nan), "kl is "),
    ],
)
def test_there_is_no_verdict_without_figures(figures, message):
    with pytest.raises(ValueError, match=message):
        metrics.modes_verdict(figures)


TITLES = ["n", "modes", "KL", "of", "modes"]


def test_the_table_has_the_columns_that_all_rows_have():
    old = {"n": 26, "modes_covered": 1, "kl": np.log(1000)}  # as on older cards
    rows = {"one": metrics.count_modes(read_as(np.zeros((26, 3), int)))}
    title, line = metrics.table(rows).split("\n")
    assert title.split() == [*TITLES, "sure", "sure", "modes"]
    assert line.split() == ["one", "26", "1", "6.908", "100.0%", "1"]
    title, first, second = metrics.table({**rows, "old": old}).split("\n")
    assert title.split() == TITLES
    assert first.split()[1:] == second.split()[1:] == ["26", "1", "6.908"]


def test_ceilings_are_of_as_many_digits():
    few, more, many, stacked = map(metrics.ceilings, (2000, 5000, 10_000, 26_000))
    assert few["coverage"][0] < more["coverage"][0] < many["coverage"][0] < 1
    assert few["modes_covered"][0] < more["modes_covered"][0]
    assert stacked["modes_covered"][0] > 999
    assert {"precision", "recall", "frechet_distance", "sure_share"} <= set(few)
    assert set(stacked) == {"modes_covered", "kl", "sure_share", "sure_modes"}
    few["coverage"][0] = 2
    assert metrics.ceilings(2000)["coverage"][0] < 1


@pytest.mark.parametrize("count", [0, 3000, 2000.0, "2000", None])
def test_there_are_ceilings_of_what_was_measured_only(count):
    with pytest.raises(ValueError, match="count is|No 3,000 real digits were measured"):
        metrics.ceilings(count)


def test_the_table_says_what_was_possible():
    rows = {
        "few": {"n": 2000, "coverage": 0.5, "shares": [0.02, 0.1]},
        "odd": {"n": 2001, "coverage": 0.25, "shares": [0.03, 0.1]},
    }
    plain, (title, few, odd) = (
        metrics.table(rows, possible).split("\n") for possible in (False, True)
    )
    real = metrics.ceilings(2000)
    coverage, rarest = (real[name][0] for name in ("coverage", "shares"))
    assert few.split() == (
        f"few 2,000 0.50 of {coverage:.2f} 2.0% of {rarest:.1%}".split()
    )
    assert odd.split() == ["odd", "2,001", "0.25", "3.0%"]
    assert len(title) == len(few) == len(odd)
    assert " of " not in "".join(plain).replace("KL of", "")
    stacked = {"n": 26_000, "modes_covered": 900}
    modes = round(metrics.ceilings(26_000)["modes_covered"][0])
    line = metrics.table({"mine": stacked}, possible=True).split("\n")[1]
    assert line.split()[2:] == ["900", "of", f"{modes:,}"]


def bar(width, height, top=2, left=12, shift=0):
    """Draws a bar that moves by `shift` pixels to the right in each row."""
    image = np.full((28, 28), -1.0)
    for row in range(height):
        start = left + int(shift * row)
        image[top + row, start : start + width] = 1
    return image


def trait(name, *images):
    return metrics.traits(np.stack(images))[:, metrics.TRAITS.index(name)].tolist()


def test_a_stroke_weighs_about_what_it_is_thick():
    strokes = [bar(2, 24), bar(3, 24), bar(24, 2, left=2)]
    assert trait("weight", *strokes) == pytest.approx([2, 3, 2], rel=0.15)
    # A corner is cut: both slopes are halves there.
    outline = 2 * (1 + 23) + 4 * np.sqrt(0.5)
    assert trait("weight", bar(2, 24)) == pytest.approx([2 * 48 / outline])


def test_a_mirror_changes_only_the_sign_of_the_slant():
    slanted = bar(3, 20, shift=0.5)
    weight, slant, width = metrics.traits(slanted[None])[0]
    mirrored = metrics.traits(slanted[None, :, ::-1])[0]
    assert mirrored == pytest.approx([weight, -slant, width])
    assert abs(slant) > 20


@pytest.mark.parametrize(("shift", "degrees"), [(-1, 45), (0, 0), (1, -45)])
def test_a_digit_that_leans_to_the_right_has_a_slant_above_0(shift, degrees):
    slanted = bar(5, 12, shift=shift)
    assert trait("slant", slanted) == pytest.approx([degrees], abs=1e-9)
    # The places of w pixels side by side have the variance (w**2 - 1) / 12.
    assert trait("width", slanted) == pytest.approx([np.sqrt(5**2 - 1)])


def test_a_box_is_as_wide_as_it_is():
    assert trait("width", bar(10, 6), bar(3, 20)) == pytest.approx([10, 3], rel=0.06)


@pytest.mark.parametrize(
    "same",
    [
        bar(3, 20, top=0, left=0),
        bar(3, 20, top=8, left=25),
        bar(3, 20) * (1 + 1e-6),  # a rounding beyond the range
        (bar(3, 20) - 1) / 2,  # ink at half strength
        bar(3, 20)[..., None],
        np.pad(bar(3, 20), ((0, 0), (0, 9)), constant_values=-1),
    ],
)
def test_place_strength_and_paper_do_not_matter(same):
    expected = metrics.traits(bar(3, 20)[None])
    np.testing.assert_allclose(metrics.traits(same[None]), expected, atol=1e-9)


def test_without_ink_there_are_no_traits():
    traits = metrics.traits(np.stack([np.full((28, 28), -1.0), bar(2, 24)]))
    assert np.isnan(traits).tolist() == [[True] * 3, [False] * 3]


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (bar(2, 24), r"image\[None\]"),
        (np.zeros((1, 28, 28, 3)), r"needed are floats \(n, height, width\)"),
        (np.full((1, 28, 28), np.nan), "from nan to nan"),
        (np.zeros((1, 28, 28), np.uint8), "type uint8"),
        (np.full((1, 28, 28), 255.0), "from 255 to 255; needed is -1 to 1"),
        (3 * bar(2, 24)[None], "from -3 to 3"),
    ],
)
def test_images_without_traits_are_refused(images, message):
    with pytest.raises(ValueError, match=message):
        metrics.traits(images)


def test_ink_in_a_single_row_does_not_lean():
    # Without a limit, the slant would be a ratio of rounding errors.
    rows = [np.full((28, 28), -1.0) for _ in range(4)]
    for place, row in zip((3, 7, 13, 26), rows):
        row[place, 3:17] = np.linspace(-0.9, 0.7, 14)
    assert trait("slant", *rows) == pytest.approx([0] * 4, abs=1e-4)


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        (
            np.zeros((26, 3), int),
            r"shape \(26, 3\) was given; needed is \(n, digits, 10\)",
        ),
        (np.full((5, 3, 9), 1 / 9), r"needed is \(n, digits, 10\)"),
        (np.full((5, 7, 10), 0.1), "The count of digits is 7"),
        (np.zeros((5, 0, 10)), "digits"),
        (np.full((5, 3, 10), 0.2), "each row of them sums to 1"),
        (np.full((5, 3, 10), np.nan), "NaN"),
    ],
)
def test_what_are_no_digits_are_not_counted(probabilities, message):
    with pytest.raises(ValueError, match=message):
        metrics.count_modes(probabilities)


@pytest.mark.parametrize("threshold", [np.nan, -0.1, 1.1, "0.5", True])
def test_a_threshold_is_a_probability(threshold):
    with pytest.raises(ValueError, match="threshold is"):
        metrics.confident_share(SURE, threshold)


@pytest.mark.parametrize(
    "sizes", [np.ones(199), np.ones((200, 1)), np.full(200, np.nan), ["1"] * 200]
)
def test_sizes_that_do_not_fit_are_refused(sizes):
    with pytest.raises(ValueError, match="sizes"):
        metrics.density_and_coverage(POINTS[:100], POINTS[100:300], sizes=sizes)


def test_features_and_probabilities_are_of_the_same_images():
    with pytest.raises(ValueError, match="100 features and 1000 probabilities"):
        metrics.evaluate(POINTS[:100], SURE, POINTS)


def test_real_features_that_are_all_the_same_measure_nothing():
    with pytest.raises(ValueError, match="all the same"):
        metrics.evaluate(POINTS[:100], SURE[:100], np.ones((100, 8)))


def test_features_so_large_that_their_squares_overflow_are_refused():
    with pytest.raises(ValueError, match=r"beyond 1e\+15"):
        metrics.frechet_distance(1e160 * POINTS, POINTS)


def test_a_single_point_has_a_nearest_one():
    indices, distances = metrics.nearest([[3.0, 4.0]], [[0.0, 0.0]])
    assert (indices.tolist(), distances.tolist()) == ([0], [5])


@pytest.mark.parametrize("figure", [np.nan, None, "much", [], [1, 2]])
@pytest.mark.parametrize("name", ["kl", "n"])
def test_the_table_takes_figures_only(name, figure):
    with pytest.raises(ValueError, match=f"{name} of mine"):
        metrics.table({"mine": {"n": 5, "kl": 0.5, name: figure}})


def test_the_table_takes_the_shares_of_all_digits():
    with pytest.raises(ValueError, match="shares of mine"):
        metrics.table({"mine": {"shares": 0.5}})


def peak_of(function, *arguments):
    tracemalloc.start()
    found = function(*arguments)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found, peak


def test_many_points_are_compared_in_little_memory():
    points = np.random.default_rng(5).standard_normal((60_000, 2))
    sizes, peak = peak_of(metrics.ball_sizes, points[:4000])  # 128 MB in one piece
    assert peak < 90_000_000
    found, peak = peak_of(
        metrics.density_and_coverage, points, points[:300], 5, sizes[:300]
    )
    assert peak < 150_000_000
    inside, covered = 0, 0
    for centre, size in zip(points[:300], sizes):
        within = ((points - centre) ** 2).sum(axis=1) <= size + 1e-9
        inside, covered = inside + within.sum(), covered + within.any()
    assert found == pytest.approx((inside / 5 / 60_000, covered / 300), rel=1e-3)


# What was asked for.


def test_images_are_counted_as_asked_digit_by_digit():
    probabilities = np.eye(10)[[0, 0, 1, 2, 2, 9]]
    share, shares = metrics.read_as_asked(probabilities, [0, 1, 1, 2, 2, 3])
    assert share == pytest.approx(4 / 6)
    np.testing.assert_array_equal(shares[:4], [1, 0.5, 1, 0])
    assert np.isnan(shares[4:]).all()


@pytest.mark.parametrize("asked", [[0], [0, 10], [0, -1], [0, 0.5], ["0", "1"]])
def test_wishes_that_are_none_are_not_counted(asked):
    with pytest.raises(ValueError, match="digits that were asked for"):
        metrics.read_as_asked(np.eye(10)[[0, 1]], asked)


def test_coverage_within_kinds_sees_ten_images_and_a_kind_that_is_one():
    rng = np.random.default_rng(0)
    kinds = np.arange(600) % 3
    real = rng.standard_normal((600, 4)) + 20 * kinds[:, None]
    other = rng.standard_normal((600, 4)) + 20 * kinds[:, None]
    found = metrics.coverage_by_kind(other, kinds, real, kinds)
    assert found.shape == (3,)
    assert found.min() > 0.7
    collapsed = other.copy()
    collapsed[kinds == 1] = collapsed[1]
    found = metrics.coverage_by_kind(collapsed, kinds, real, kinds)
    assert found[1] < 0.05
    assert found[[0, 2]].min() > 0.7
    for count in (1, 2, 5):
        swapped = collapsed.copy()
        swapped[np.flatnonzero(kinds == 1)[:count]] = other[kinds == 2][:count]
        assert metrics.coverage_by_kind(swapped, kinds, real, kinds)[1] < 0.05
        # One or two have their third neighbour far away: balls that hold what is real.
        recall = metrics.precision_and_recall(swapped[kinds == 1], real[kinds == 1])[1]
        assert (recall > 0.5) == (count <= 2)
    # Right images of another kind than was asked for are none of its variety.
    assert metrics.coverage_by_kind(other, (kinds + 1) % 3, real, kinds).max() == 0
    some = kinds != 2
    found = metrics.coverage_by_kind(other[some], kinds[some], real, kinds)
    assert found[2] == 0
    with pytest.raises(ValueError, match="kinds"):
        metrics.coverage_by_kind(other, kinds[:-1], real, kinds)
    with pytest.raises(ValueError, match="kinds"):
        metrics.coverage_by_kind(other, kinds + 1, real, kinds)
