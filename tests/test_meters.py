"""What each meter sees: the shipped record, its command, and what docstrings say."""

import functools
import json

from gan_utils import compiled, data, metrics, paths, records
from gan_utils.experiments import doctored, meters
from gan_utils.store import load_card, load_pretrained

import numpy as np
import pytest

RECORD = records.read(meters.PLACE, meters.SCHEMA)
DOCTORED = RECORD["doctored"]
# Whose docstring says what a meter sees.
SAID_BY = {
    "classifier_score": metrics.classifier_score,
    "frechet_distance": metrics.frechet_distance,
    "density": metrics.density_and_coverage,
    "coverage": metrics.density_and_coverage,
    "precision": metrics.precision_and_recall,
    "recall": metrics.precision_and_recall,
    "confident_share": metrics.confident_share,
    "shares": metrics.digit_coverage,
    "digit_divergence": metrics.digit_coverage,
    "modes_covered": metrics.count_modes,
    "kl": metrics.count_modes,
    "sure_share": metrics.count_modes,
    "sure_modes": metrics.count_modes,
}
NOISE = list(doctored.NOISE)


def said(function):
    return " ".join(function.__doc__.split())


def values(meter, names=DOCTORED):
    return [DOCTORED[name][meter] for name in names]


def test_the_record_is_of_the_shipped_classifier():
    files = load_card("classifier")["files"]
    assert RECORD["classifier"] == files["classifier.weights.h5"]["sha256"]


@pytest.mark.parametrize("meter", SAID_BY)
def test_a_docstring_says_what_its_meter_sees(meter):
    assert meters.describe(RECORD, meter) in said(SAID_BY[meter])


def test_every_meter_was_tried_on_every_set():
    assert set(doctored.ABOUT) == set(DOCTORED)
    for figures in DOCTORED.values():
        assert set(figures) == set(SAID_BY)


def test_density_praises_blur():
    text = said(metrics.density_and_coverage)
    soft = DOCTORED["softened"]["density"]
    low, high = meters.limits(RECORD, "density")
    assert soft > high > 0.9
    assert f"Density praises a little blur: softened digits have {soft:.2f}" in text


def test_the_distance_does_not_see_copies_nor_few_images():
    for name in ("copies", "1,000 images"):
        assert not meters.sees(RECORD, "frechet_distance", name)
    assert not any(meters.sees(RECORD, meter, "copies") for meter in SAID_BY)
    for meter in ("coverage", "recall"):
        assert meters.sees(RECORD, meter, "1,000 images")


def test_a_reach_of_three_tells_more_noise_by_its_precision():
    """The reason for the 3rd neighbour, measured on 2,000 images."""
    reader = compiled.make_reader(load_pretrained("classifier"))
    (x_train, _), (x_test, _) = data.load_mnist()
    real, digits, noise = (
        reader(data.scale_pixels(images))[0].astype(float)
        for images in (
            x_test[:2000],
            x_train[:1000],
            doctored.make_noise(*doctored.NOISE["noise 4"], 1000),
        )
    )
    shares = []
    for neighbours in (3, 5):
        of_noise, of_digits = (
            metrics.precision_and_recall(points, real, neighbours)[0]
            for points in (noise, digits)
        )
        shares.append(of_noise / of_digits)
    assert shares[0] < shares[1] - 0.05


def test_noise_reaches_many_modes_and_passes_no_verdict():
    assert max(values("modes_covered", NOISE)) > 900
    for name in NOISE:
        assert not metrics.modes_verdict({"n": meters.STACKED, **DOCTORED[name]})[0]
    for count in ("sure_share", "sure_modes"):
        low, _ = meters.limits(RECORD, count)
        assert low > {"sure_share": 0.5, "sure_modes": 900}[count]
    blots = [name for name in NOISE if name != "grey noise"]
    text = said(metrics.modes_verdict)
    assert f"{max(values('sure_share', blots)):.1%}" in text
    assert f"{max(values('modes_covered', blots))} modes" in text
    assert f"a `kl` of at least {min(values('kl', blots)):.3f}" in text
    for meter in ("sure_share", "kl"):
        low, high = meters.limits(RECORD, meter)
        write = functools.partial(meters.write_value, meter)
        assert f"{write(low)} to {write(high)}" in text


def test_the_spread_of_real_digits_is_small():
    """Else a meter would see nothing."""
    for count, figures in RECORD["ceilings"].items():
        for name in ("classifier_score", "coverage", "precision", "recall"):
            if int(count) in meters.COUNTS:
                assert figures[name][1] < 0.03 * figures[name][0]


def test_what_was_recorded_of_noise_is_found_again():
    name = "noise 4"
    reader = compiled.make_reader(load_pretrained("classifier"))
    images = doctored.make_noise(*doctored.NOISE[name])
    features, probabilities = reader(data.scale_pixels(images))
    _, (x_test, _) = data.load_mnist()
    real_features, _ = reader(data.scale_pixels(x_test))
    shares, divergence = metrics.digit_coverage(probabilities)
    distance = metrics.frechet_distance(features, real_features)
    found = {
        "classifier_score": metrics.classifier_score(probabilities),
        "confident_share": metrics.confident_share(probabilities),
        "digit_divergence": divergence,
        "frechet_distance": distance / real_features.var(axis=0).mean(),
        **meters.count_stacked(probabilities),
    }
    expected = {key: DOCTORED[name][key] for key in found}
    assert found == pytest.approx(expected, rel=0.02)
    assert shares.min() == pytest.approx(DOCTORED[name]["shares"], abs=1e-3)


def test_a_blurred_point_is_a_gaussian():
    images = np.zeros((2, 21, 25))
    images[0, 10, 12] = 1
    blurred = doctored.blur(images, 1.5)
    down, right = np.mgrid[-10:11, -12:13]
    expected = np.exp(-(down**2 + right**2) / (2 * 1.5**2))
    close = np.hypot(down, right) <= 4
    np.testing.assert_allclose(
        blurred[0][close], (expected / expected.sum())[close], rtol=0.01
    )
    assert blurred.shape == images.shape
    assert not blurred[1].any()
    assert doctored.blur(np.ones((1, 9, 9)), 1)[0, 4, 4] == pytest.approx(1)


def test_noise_is_as_smooth_as_it_is_blurred_and_cut_off_where_it_is_said():
    fine, coarse = (doctored.make_noise(sigma, 0.5, 1.5, 50) for sigma in (1.5, 5))
    assert fine.shape == coarse.shape == (50, 28, 28)
    assert fine.dtype == np.uint8
    steps = [np.abs(np.diff(images.astype(float))).mean() for images in (fine, coarse)]
    assert steps[0] > 2 * steps[1]
    # Of a normal variable 69 % lie below .5, and 7 % above 1.5.
    assert (fine == 0).mean() == pytest.approx(0.69, abs=0.03)
    assert (fine == 255).mean() == pytest.approx(0.07, abs=0.02)
    np.testing.assert_array_equal(fine, doctored.make_noise(1.5, 0.5, 1.5, 50))
    assert (fine != doctored.make_noise(1.5, 0.5, 1.5, 50, seed=1)).any()


def test_what_is_shifted_leaves_paper_behind():
    images = np.arange(1, 26, dtype=np.uint8).reshape(1, 5, 5)
    moved = doctored.shift(images, 3)
    assert not moved[:, :, :3].any()
    np.testing.assert_array_equal(moved[:, :, 3:], images[:, :, :2])


def test_a_stroke_gets_thinner_by_a_pixel():
    images = np.zeros((1, 9, 9), np.uint8)
    images[0, 2:7, 3:6] = 200
    thin = doctored.thin(images)
    assert thin.shape == images.shape
    assert (thin > 0).sum() == 4 * 2
    assert not doctored.thin(images * (np.arange(9) == 4)).any()  # a line of one pixel


def test_few_points_have_the_moments_of_many():
    points = np.random.default_rng(0).standard_normal((2000, 6)) * [3, 2, 1, 1, 1, 0.5]
    rows = doctored.choose_few(points, points, 100, directions=6)
    assert len(rows) == 100
    distance = metrics.frechet_distance(points[rows], points)
    by_chance = metrics.frechet_distance(points[:100], points)
    assert distance < 0.1 * by_chance


BY_HAND = {
    "classifier": "none",
    "ceilings": {
        "2000": {"coverage": [0.5, 0.1]},
        "10000": {"coverage": [0.9, 0.01]},
        "26000": {"kl": [0.02, 0.002]},
    },
    "doctored": {
        "blurred": {"coverage": 0.86, "kl": 0.02},
        "copies": {"coverage": 0.88, "kl": 0.027},
        "shifted": {"coverage": 0.95, "kl": 0.01},
    },
}


def test_a_meter_sees_what_lies_beyond_three_standard_deviations():
    sees = functools.partial(meters.sees, BY_HAND)
    assert [sees("coverage", name) for name in BY_HAND["doctored"]] == [1, 0, 1]
    assert [sees("kl", name) for name in BY_HAND["doctored"]] == [0, 1, 1]
    assert meters.describe(BY_HAND, "coverage") == (
        "Real digits: 0.87 to 0.93. Sees: blurred (0.86), shifted (0.95). "
        "Does not see: copies (0.88)."
    )
    assert "Does not see: blurred (0.020)." in meters.describe(BY_HAND, "kl")


def test_the_table_marks_what_is_seen():
    lines = meters.lay_out(BY_HAND).split("\n")
    assert lines[0].split() == ["coverage", "KL", "of", "modes"]
    assert lines[1].split() == ["real,", "from", "0.87", "0.014"]
    assert lines[3].split() == ["blurred", "0.86!", "0.020"]
    assert lines[4].split() == ["copies", "0.88", "0.027!"]
    assert len({len(line) for line in lines[:6]}) == 1
    assert "blurred: " + doctored.ABOUT["blurred"] in lines


def test_the_shipped_table_is_shown(capsys):
    meters.main(["--show"])
    assert capsys.readouterr().out == meters.lay_out(RECORD) + "\n"


def test_a_small_record_is_measured_and_written(tmp_path, capsys, monkeypatch):
    (x_train, y_train), (x_test, y_test) = data.load_mnist()
    few = (x_train[:900], y_train[:900]), (x_test[:300], y_test[:300])
    monkeypatch.setattr(data, "load_mnist", lambda: few)
    sizes = {"COUNT": 60, "COUNTS": (40, 60), "STACKED": 80, "BLOCKS": 2}
    for name, value in sizes.items():
        for module in (meters, doctored):
            monkeypatch.setattr(module, name, value, raising=False)
    noise = functools.partial(doctored.make_noise, count=60)
    monkeypatch.setattr(doctored, "make_noise", noise)
    meters.main(["--out", str(tmp_path / "meters.json")])
    record = json.loads((tmp_path / "meters.json").read_text("utf-8"))
    assert set(record) == set(RECORD)
    assert list(record["ceilings"]) == ["40", "60", "80"]
    for own, shipped in (("60", "10000"), ("80", "26000")):
        assert set(record["ceilings"][own]) == set(RECORD["ceilings"][shipped])
    assert list(record["doctored"]) == list(DOCTORED)
    for name, figures in record["doctored"].items():
        assert set(figures) == set(DOCTORED[name])
    assert record["doctored"]["no 8s"]["shares"] < 0.04
    assert record["doctored"]["one image"]["modes_covered"] == 1
    assert meters.lay_out(record) in capsys.readouterr().out


def test_the_readme_of_the_data_tells_of_the_record():
    text = (paths.ROOT / "data" / "README.md").read_text("utf-8")
    assert "# meters.json" in text
    assert "python -m gan_utils.experiments.meters" in text
    assert "Inception" in text
    assert "Inception" in metrics.__doc__
