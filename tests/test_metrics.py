"""The numbers against distributions whose answers are known."""

from gan_utils import metrics

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
        with pytest.raises(ValueError, match="softmax"):
            metric(values)


@pytest.mark.parametrize(
    "features, message",
    [
        (np.zeros((5, 3)), r"\(5, 3\) and \(4000, 8\)"),
        (np.zeros(8), r"\(8,\)"),
        (np.full((5, 8), np.nan), "NaN"),
        (np.zeros((1, 8)), "fewer than two"),
    ],
)
def test_features_that_do_not_fit_are_refused(features, message):
    for metric in (metrics.frechet_distance, metrics.density_and_coverage):
        with pytest.raises(ValueError, match=message):
            metric(features, POINTS)


@pytest.mark.parametrize("neighbours", [0, 4000])
def test_a_ball_needs_a_neighbour(neighbours):
    with pytest.raises(ValueError, match="from 1 to 3999"):
        metrics.density_and_coverage(POINTS, POINTS, neighbours)


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
        *("100.0%", "2.0%", "0.0000"),
    ]
    assert len(title) == len(first) == len(second)
