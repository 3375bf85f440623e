"""Latent points: drawing, walking between them, finding directions and points."""

from gan_utils import latent

import numpy as np
import pytest


def test_latents_are_standard_normal_and_follow_the_seed():
    points = latent.sample_latents(10_000, 8, seed=0)
    assert points.dtype == np.float32
    assert abs(points.mean()) < 0.02
    assert abs(points.std() - 1) < 0.02
    assert np.array_equal(points, latent.sample_latents(10_000, 8, seed=0))
    assert not np.array_equal(points, latent.sample_latents(10_000, 8, seed=1))


def test_uniform_latents_fill_their_cube_and_follow_the_seed():
    points = latent.sample_uniform(10_000, 8, seed=0)
    assert points.dtype == np.float32
    assert points.shape == (10_000, 8)
    assert -1 <= points.min() < -0.999 < 0.999 < points.max() <= 1
    assert abs(points.mean()) < 0.02
    assert abs(points.std() - 1 / 3**0.5) < 0.01
    assert np.array_equal(points, latent.sample_uniform(10_000, 8, seed=0))
    assert not np.array_equal(points, latent.sample_uniform(10_000, 8, seed=1))


@pytest.mark.parametrize("sample", [latent.sample_latents, latent.sample_uniform])
@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ((0, 8, 0), "count is 0; needed is a whole number from 1"),
        ((8, 0, 0), "latent_dim is 0"),
        ((10**12, 8, 0), "count is 1000000000000; .* to 33,554,432"),
        ((True, 8, 0), "count is True"),
        ((8.0, 8, 0), "count is 8.0"),
        ((8, 8, -1), "seed is -1; needed is a whole number from 0"),
        ((8, 8, 0.5), "seed is 0.5"),
        ((8, 8, None), "seed is None"),
    ],
)
def test_a_size_or_seed_out_of_range_is_refused(asked, message, sample):
    with pytest.raises(ValueError, match=message):
        sample(*asked)


def test_one_coordinate_changes_and_the_others_stay():
    point = np.arange(4.0)
    points = latent.vary_coordinate(point, 2, [-1, 5])
    assert points.tolist() == [[0, 1, -1, 3], [0, 1, 5, 3]]
    assert point[2] == 2


@pytest.mark.parametrize(
    ("point", "coordinate", "values", "message"),
    [
        (np.zeros((2, 4)), 0, [0.0], "For a point"),
        (
            np.zeros(4),
            4,
            [0.0],
            "coordinate is 4; needed is a whole number from 0 to 3",
        ),
        (np.zeros(4), -1, [0.0], "coordinate is -1"),
        (np.zeros(4), True, [0.0], "coordinate is True"),
        (np.full(4, np.nan), 0, [0.0], "NaN"),
        (np.zeros(4), 0, [np.inf], "Among the values"),
        (np.zeros(4), 0, 0.5, "For values"),
    ],
)
def test_a_bad_point_or_coordinate_is_refused(point, coordinate, values, message):
    with pytest.raises(ValueError, match=message):
        latent.vary_coordinate(point, coordinate, values)


def test_points_of_the_prior_have_their_typical_length():
    lengths = np.linalg.norm(latent.sample_latents(1000, 64, seed=0), axis=1)
    assert latent.typical_length(64) == 8
    assert lengths.mean() == pytest.approx(8, rel=0.02)


def test_a_point_moves_along_its_own_direction():
    points = latent.rescale([[3, 4], [0, -2]], length=10)
    np.testing.assert_allclose(points, [[6, 8], [0, -10]], rtol=1e-6)
    np.testing.assert_allclose(latent.rescale([[0, 3, 4, 0]]), [[0, 1.2, 1.6, 0]])


@pytest.mark.parametrize("latent_dim", [0, -1, np.nan, 2.5, True, "9"])
def test_a_typical_length_needs_a_number_of_numbers(latent_dim):
    with pytest.raises(ValueError, match="latent_dim is"):
        latent.typical_length(latent_dim)


@pytest.mark.parametrize("length", [-1, np.nan, np.inf, 1e16, True, "3", 1j])
def test_a_length_is_no_negative_number(length):
    with pytest.raises(ValueError, match="length is"):
        latent.rescale([[3, 4]], length)


def test_a_point_whose_square_is_rounded_away_has_no_direction():
    with pytest.raises(ValueError, match="A point is 0"):
        latent.rescale([[1e-22, 0]], 1)
    np.testing.assert_allclose(latent.rescale([[3e-15, 4e-15]], 1), [[0.6, 0.8]])


@pytest.mark.parametrize("walk", [latent.arc, latent.line])
@pytest.mark.parametrize(
    ("start", "end", "shares", "message"),
    [
        ([1, 2], [1, 2, 3], [0.5], "rows differ in length"),
        ([1, 2], [1, np.nan], [0.5], "NaN"),
        ([1, 2], [2, 1], [np.nan], "Among the shares"),
        ([1, 2], [2, 1], 0.5, "For shares"),
        ([[1, 2]], [[2, 1]], [0.5], r"\(2, 1, 2\)"),
    ],
)
def test_ends_and_shares_that_do_not_fit_are_refused(walk, start, end, shares, message):
    with pytest.raises(ValueError, match=message):
        walk(start, end, shares)


@pytest.mark.parametrize("walk", [latent.arc, lambda *ends: latent.rescale(ends[:2])])
@pytest.mark.parametrize("ends", [([0, 0], [1, 2]), ([1, 2], [0, 0])])
def test_a_point_without_direction_is_refused(walk, ends):
    with pytest.raises(ValueError, match="A point is 0 and has no direction"):
        walk(*ends, [0.5])


def test_a_line_goes_straight():
    points = latent.line([1, 0], [5, 4], [0, 0.25, 1])
    assert points.dtype == np.float32
    assert points.tolist() == [[1, 0], [2, 1], [5, 4]]


def test_an_arc_turns_and_grows_evenly():
    # By 30 degrees and by 2 a step.
    points = latent.arc([2, 0], [0, 8], [0, 1 / 3, 2 / 3, 1])
    expected = [[2, 0], [4 * 0.8660254, 2], [3, 6 * 0.8660254], [0, 8]]
    assert points.dtype == np.float32
    np.testing.assert_allclose(points, expected, atol=1e-6)


def test_an_arc_begins_and_ends_at_its_ends():
    for start, end in latent.sample_latents(40, 64, seed=0).reshape(20, 2, 64):
        points = latent.arc(start, end, [0, 1])
        np.testing.assert_allclose(points, [start, end], rtol=1e-5, atol=1e-6)


def test_an_arc_between_equal_ends_stays():
    for point in latent.sample_latents(20, 64, seed=0):
        points = latent.arc(point, point, [0, 0.3, 1])
        np.testing.assert_allclose(points, [point] * 3, rtol=1e-5)


def test_an_arc_may_be_nearly_half_a_circle_and_not_half():
    end = [np.cos(np.radians(179)), np.sin(np.radians(179))]
    middle = latent.arc([1, 0], end, [0.5])[0]
    assert np.degrees(np.arctan2(*middle[::-1])) == pytest.approx(89.5, abs=0.01)
    with pytest.raises(ValueError, match="Opposite points .* third point"):
        latent.arc([1, 2, 3], [-2, -4, -6], [0.5])


def test_a_closed_walk_goes_back_to_its_first_point():
    points = latent.closed_walk([[0], [4], [8]], steps=4, path=latent.line)
    assert points[:, 0].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 6, 4, 2]


def test_a_closed_walk_bends_unless_told():
    half = np.sqrt(0.5)
    np.testing.assert_allclose(
        latent.closed_walk([[1, 0], [0, 1]], steps=2),
        [[1, 0], [half, half], [0, 1], [half, half]],
        atol=1e-6,
    )


@pytest.mark.parametrize(
    ("count", "steps", "message"),
    [
        (1, 5, "One point was given"),
        (2, 0, "steps is 0"),
        (2, 2.0, "steps is 2.0"),
        (2, 10**9, "steps is 1000000000; .* to 67,108,864"),
    ],
)
def test_a_walk_without_a_way_is_refused(count, steps, message):
    with pytest.raises(ValueError, match=message):
        latent.closed_walk(np.ones((count, 2)), steps)


def test_a_grid_fills_its_corners_row_by_row():
    corners = [[0, 0], [0, 4], [2, 0], [2, 4]]
    points = latent.grid(corners, rows=3, columns=5, path=latent.line)
    assert points.tolist() == [[row, column] for row in range(3) for column in range(5)]


def test_a_grid_keeps_the_typical_length_unless_told():
    corners = latent.rescale(latent.sample_latents(4, 64, seed=0))
    points = latent.grid(corners, rows=3, columns=4)
    np.testing.assert_allclose(points[[0, 3, 8, 11]], corners, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        np.linalg.norm(points, axis=1), np.full(12, 8), rtol=1e-5
    )


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ((3, 2, 2), "3 corners were given"),
        ((5, 2, 2), "5 corners were given"),
        ((4, 1, 2), "rows is 1; needed is a whole number from 2"),
        ((4, 2, 1), "columns is 1; needed is a whole number from 2"),
        ((4, 2, 10**9), "columns is 1000000000"),
        ((4, 10**9, 2), "rows is 1000000000"),
    ],
)
def test_a_grid_without_room_for_its_corners_is_refused(size, message):
    count, *shape = size
    with pytest.raises(ValueError, match=message):
        latent.grid(np.ones((count, 2)), *shape)


def test_averages_by_hand():
    points = latent.averages([[0, 1], [2, 3], [5, 5]], [1, 1, 0], classes=2)
    assert points.tolist() == [[5, 5], [1, 2]]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1, *range(1, 9)], "label 0. Draw more"),
        (range(9), "label 9. Draw more"),
        ([0, 1], r"shape \(2,\) was given; needed is \(9,\)"),
        ([*range(8), 10], "from 0 to 10; needed are integers from 0 to 9"),
        ([*range(8), -1], "from -1 to 7"),
        (np.arange(9.0), "integers are needed, not float64"),
        (np.arange(9) > 4, "integers are needed, not bool"),
    ],
)
def test_labels_that_do_not_fit_or_are_missing_are_named(labels, message):
    with pytest.raises(ValueError, match=message):
        latent.averages(np.zeros((9, 2)), labels)


@pytest.mark.parametrize("classes", [0, 2.0, True, None])
def test_classes_are_a_number_of_them(classes):
    with pytest.raises(ValueError, match="classes is"):
        latent.averages([[0.0], [1.0]], [0, 1], classes)


def test_as_many_classes_as_can_be_counted_are_looked_through_at_once():
    with pytest.raises(ValueError, match="label 2. Draw more"):
        latent.averages([[0.0], [1.0]], [0, 1], classes=10**15)


def test_a_direction_changes_its_trait_and_neither_the_others_nor_the_class():
    """Three classes differ along axes 0 and 1; their traits grow along all axes.

    The axes are turned, so that none is a coordinate, and spread unevenly. Each class
    has traits of its own at its centre.
    """
    axes = np.linalg.qr(np.random.default_rng(0).standard_normal((8, 8)))[0]
    around = np.diag([3.0, 3, 1, 2, 1, 2, 1, 3])
    around = np.concatenate([around, -around])
    centres = np.eye(3, 8) * [[4], [6], [0]] + 5 * np.eye(8)[2]
    slopes = np.array([[5, 0, 1, 0, 0, 0, 0, 0], [0, 7, 2, 2, 0, 0, 0, 0]])
    expected = [[0, 0, 1, -1, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0, 0, 0]]
    points = np.concatenate([centre + around for centre in centres])
    traits = np.concatenate([at + around @ slopes.T for at in (9, -50, 200)])
    labels = [label for label in range(3) for _ in around]
    directions = latent.trait_directions(points @ axes, labels, traits)
    lengths = np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(directions @ axes.T, expected / lengths, atol=1e-5)


def test_classes_that_grow_otherwise_share_one_direction():
    points = np.concatenate([np.eye(4), -np.eye(4)] * 2)
    labels = np.arange(16) // 8
    slopes = np.array([[1.0, 0, 0, 0], [0, 3.0, 0, 0]])[labels]
    traits = (points * slopes).sum(axis=1, keepdims=True)
    points = points + 5 * labels[:, None] * np.eye(4)[3]
    directions = latent.trait_directions(points, labels, traits)
    np.testing.assert_allclose(directions, [[0.1**0.5, 0.9**0.5, 0, 0]], atol=1e-5)


def test_one_class_is_enough_for_a_direction():
    points = latent.sample_latents(50, 2, seed=0)
    directions = latent.trait_directions(points, [0] * 50, -3 * points[:, :1])
    np.testing.assert_allclose(directions, [[-1, 0]], atol=1e-5)


@pytest.mark.parametrize(
    ("labels", "traits", "message"),
    [
        (
            [0, 0, 1, 1],
            np.zeros((3, 1)),
            r"\(3, 1\) was given; needed is \(4, traits\)",
        ),
        ([0, 0, 2, 2], np.zeros((4, 1)), "label 1"),
        ([0, 0, 1, 1], np.full((4, 1), np.nan), "NaN"),
        ([0, 0, 1, 1], np.full((4, 1), np.inf), "infinity"),
        ([0, 0, 1, 10**9], np.zeros((4, 1)), "from 0 to 1000000000"),
        ([0.0, 0, 1, 1], np.zeros((4, 1)), "integers"),
    ],
)
def test_traits_that_do_not_fit_are_refused(labels, traits, message):
    with pytest.raises(ValueError, match=message):
        latent.trait_directions(np.eye(4), labels, traits)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([[1, 2], [3]], "rows differ in length"),
        ([1, 2], r"shape \(2,\).*pass it as values\[None\]"),
        ([[1, np.nan]], "NaN"),
        ([[1, 1e300]], r"beyond 1e\+15"),
    ],
)
def test_points_that_are_none_are_refused(points, message):
    with pytest.raises(ValueError, match=message):
        latent.rescale(points)


def test_the_lowest_point_is_found_for_each():
    goals = np.array([[1, 2, 3], [-1, 0, 0.5]], np.float32)

    def loss_and_gradient(points):
        return ((points - goals) ** 2).sum(axis=1) + [0, 5], 2 * (points - goals)

    points, losses = latent.invert(loss_and_gradient, np.zeros((1, 2, 3)), steps=500)
    assert points.dtype == np.float32
    np.testing.assert_allclose(points, goals, atol=0.01)
    np.testing.assert_allclose(losses, [0, 5], atol=1e-3)


def test_the_better_restart_wins_for_each_point():
    def two_valleys(points):  # the deeper one, -0.3055, at -1.0357
        losses = ((points**2 - 1) ** 2 + 0.3 * points)[:, 0]
        return losses, 4 * points * (points**2 - 1) + 0.3

    points, losses = latent.invert(two_valleys, [[[1], [-1]], [[-1], [1]]])
    np.testing.assert_allclose(points, [[-1.0357]] * 2, atol=0.01)
    np.testing.assert_allclose(losses, [-0.3055] * 2, atol=1e-3)


def script(losses, gradients):
    """Returns a loss that was written before, and the points it is asked for."""
    met, answers = [], zip(losses, gradients)

    def loss_and_gradient(points):
        met.append(float(points[0, 0]))
        loss, gradient = next(answers)
        return np.float32([loss]), np.float32([[gradient]])

    return loss_and_gradient, met


def test_the_lowest_that_was_met_is_kept():
    starts = np.float32([[[5]], [[8]]])
    loss_and_gradient, met = script([3, 1, 2, 4, 6, 1], [1] * 6)
    points, losses = latent.invert(loss_and_gradient, starts, steps=3, rate=0.5)
    np.testing.assert_allclose(met, [5, 4.5, 4, 8, 7.5, 7], rtol=1e-5)
    assert (points[0, 0], losses[0]) == (pytest.approx(4.5), 1)
    assert starts[:, 0, 0].tolist() == [5, 8]


def test_a_step_is_what_adam_takes():
    # Corrected means after gradients 1 and 3: 0.39 / 0.19 and 0.0999 / 0.0199.
    loss_and_gradient, met = script([3, 2, 1], [1, 3, 0])
    latent.invert(loss_and_gradient, np.zeros((1, 1, 1)), steps=3, rate=1)
    second = (0.39 / 0.19) / (0.0999 / 0.0199) ** 0.5
    np.testing.assert_allclose(met, [0, -1, -1 - second], rtol=1e-5)


def test_a_flat_loss_is_no_division_by_zero():
    loss_and_gradient, met = script([1, 1], [0, 0])
    latent.invert(loss_and_gradient, np.ones((1, 1, 1)), steps=2)
    assert met == [1, 1]


def test_a_loss_that_is_not_finite_is_never_the_lowest():
    loss_and_gradient, met = script([np.nan, np.inf, 7, 8], [np.nan, 1, 1, 1])
    points, losses = latent.invert(loss_and_gradient, [[[5]], [[6]]], steps=2)
    assert np.isnan(met[1])
    assert (points[0, 0], losses[0]) == (6, 7)


def test_a_point_without_a_finite_loss_is_refused():
    def half(points):
        return np.array([1, np.nan]), np.ones_like(points)

    with pytest.raises(ValueError, match="No loss was finite in 4 steps"):
        latent.invert(half, np.zeros((2, 2, 1)), steps=4)


@pytest.mark.parametrize(
    ("starts", "options", "message"),
    [
        (np.zeros((0, 2, 3)), {}, r"\(restarts, n, latent_dim\)"),
        (np.zeros((2, 3)), {}, r"\(2, 3\) was given; needed is \(restarts, n, lat"),
        (np.full((1, 2, 3), np.nan), {}, "NaN"),
        (np.zeros((1, 2, 3)), {"steps": 0}, "steps is 0"),
        (np.zeros((1, 2, 3)), {"steps": 10**9}, "steps is 1000000000"),
        (np.zeros((1, 2, 3)), {"rate": np.nan}, "rate is nan"),
        (np.zeros((1, 2, 3)), {"rate": -1}, "rate is -1"),
    ],
)
def test_starts_that_do_not_fit_are_refused(starts, options, message):
    with pytest.raises(ValueError, match=message):
        latent.invert(None, starts, **options)


def test_points_are_held_between_two_lengths_and_keep_their_direction():
    points = latent.sample_latents(200, 8, seed=0)
    held = latent.hold(points, 2.5, 3.0)
    lengths = np.linalg.norm(points, axis=1)
    np.testing.assert_allclose(
        np.linalg.norm(held, axis=1), np.clip(lengths, 2.5, 3.0), rtol=1e-5
    )
    np.testing.assert_allclose(latent.rescale(held), latent.rescale(points), atol=1e-5)
    with pytest.raises(ValueError, match="longest"):
        latent.hold(points, 3.0, 2.5)


def test_a_search_can_be_held():
    def to_far_away(points):
        return ((points - 9) ** 2).sum(1), 2 * (points - 9)

    def hold(points):
        return latent.hold(points, 2.0, 3.0)

    starts = latent.sample_latents(8, 4, seed=0).reshape(2, 4, 4)
    free, _ = latent.invert(to_far_away, starts, steps=300)
    held, losses = latent.invert(to_far_away, starts, steps=300, put_back=hold)
    assert np.linalg.norm(free, axis=1).min() > 10
    np.testing.assert_allclose(held, 1.5, atol=0.05)
    np.testing.assert_allclose(losses, 4 * 7.5**2, rtol=0.02)
