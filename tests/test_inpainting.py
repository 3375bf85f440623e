"""Gaps filled by a search: what is known stays, and the record is of what we ship."""

import copy

from gan_utils import records
from gan_utils.experiments import inpainting
from gan_utils.store import load_card

import numpy as np
import pytest

RECORD = records.read(inpainting.PLACE, inpainting.SCHEMA)
MASKS = inpainting.make_masks()


def test_the_gaps_are_what_their_names_say():
    left, hole, few = MASKS.values()
    assert left[:, :14].all() and not left[:, 14:].any()
    assert not hole[7:21, 7:21].any() and hole.sum() == 28 * 28 - 14 * 14
    assert few.mean() == pytest.approx(0.1, abs=0.03)
    assert np.array_equal(few, inpainting.make_masks()["nine pixels in ten"])


def test_what_is_known_stays_and_the_rest_is_taken():
    images, drawn = np.zeros((2, 28, 28, 1)), np.ones((2, 28, 28, 1))
    filled = inpainting.fill(images, drawn, MASKS["right half"])
    assert filled[:, :, :14].max() == 0
    assert filled[:, :, 14:].min() == 1
    mean = inpainting.fill(images, drawn[:1], MASKS["right half"])
    assert np.array_equal(mean, filled)


def test_the_nearest_is_nearest_in_what_is_known():
    candidates = np.zeros((2, 28, 28, 1), np.float32)
    candidates[0, :, :14] = 0.5  # the second is nearer there, and farther elsewhere
    candidates[1, :, 14:] = 1
    targets = np.zeros((1, 28, 28, 1), np.float32)
    for gap, nearest in {"right half": 1, "a hole": 0}.items():
        found = inpainting.find_nearest(targets, candidates, MASKS[gap])
        assert found.tolist() == [nearest]


def test_the_record_is_of_the_shipped_dcgan():
    files = load_card(inpainting.NAME)["files"]
    assert RECORD["generator"] == files["generator.weights.h5"]["sha256"]
    assert list(RECORD["gaps"]) == list(MASKS)
    assert RECORD["of"] == inpainting.COUNT
    for ways in RECORD["gaps"].values():
        rival = ways[inpainting.RIVAL]
        assert [rival[key] for key in ("only", "missed", "closer")] == [0, 0, 0]
        for found in ways.values():
            assert found["right"] - rival["right"] == found["only"] - found["missed"]


def test_a_few_are_measured_anew(monkeypatch):
    monkeypatch.setattr(inpainting, "STARTS", 1)
    found = inpainting.measure(count=4, steps=2, samples=100)
    assert found["generator"] == RECORD["generator"]
    for gap, ways in found["gaps"].items():
        assert list(ways) == list(RECORD["gaps"][gap])
        assert ways["paper"] != ways["a search"]
        assert all(0 <= each["right"] <= 4 for each in ways.values())


def test_rows_that_are_there_stay_and_only_others_are_made(monkeypatch):
    monkeypatch.setattr(inpainting.latent, "invert", None)  # no search is made again
    gaps = copy.deepcopy(RECORD["gaps"])
    for ways in gaps.values():
        for each in ways.values():
            each["difference"] = 7.0
        ways.pop("paper")
    before = {"generator": RECORD["generator"], "of": 4, "gaps": gaps}
    found = inpainting.measure(count=4, samples=100, before=before)
    for gap, ways in found["gaps"].items():
        assert list(ways) == list(RECORD["gaps"][gap])
        assert ways["a search"]["difference"] == 7
        assert 0 < ways["paper"]["difference"] < 4


def test_rows_of_another_generator_are_made_anew(monkeypatch):
    monkeypatch.setattr(inpainting, "STARTS", 1)
    before = RECORD | {"generator": "another", "of": 4}
    found = inpainting.measure(count=4, steps=1, samples=100, before=before)
    for gap, ways in found["gaps"].items():
        assert ways["a search"] != RECORD["gaps"][gap]["a search"]


def test_a_mean_of_searches_begins_each_in_a_part_of_its_own(monkeypatch):
    points = np.arange(30.0)[:, None]
    images = np.linspace(-1, 1, 30, dtype=np.float32)[:, None, None, None]
    images = np.broadcast_to(images, (30, 28, 28, 1))
    begun = []

    def invert(matcher, starts, steps):
        begun.append([float(start[0, 0]) for start in starts])
        return starts[0], None

    monkeypatch.setattr(inpainting, "make_matcher", lambda *_: None)
    monkeypatch.setattr(inpainting, "make_sampler", lambda _: lambda found: found)
    monkeypatch.setattr(inpainting.latent, "invert", invert)
    target, mask = images[12:13] + 0.03, MASKS["a hole"]  # nearer to 13 than to 11
    ways = inpainting.plan(target, mask, images, points, images, None, 1)
    mean = ways["the mean of 10 searches"]()
    assert sorted(sum(begun, [])) == [*range(8, 18)]
    assert all(len(starts) == 1 for starts in begun)
    assert mean == pytest.approx(np.mean(begun))
    begun.clear()
    ways["a search"]()
    assert begun == [[12, 13]]


def test_a_chance_is_exact_and_has_two_sides():
    assert inpainting.chance(0, 0) == 1
    assert inpainting.chance(5, 10) == 1
    assert inpainting.chance(3, 14) == inpainting.chance(11, 14)
    assert inpainting.chance(3, 14) == pytest.approx(2 * 470 / 2**14)
    assert inpainting.chance(1, 200) < 1e-55
    row = {"only": 11, "missed": 3, "closer": 114}
    assert inpainting.weigh_row(row, 200) == pytest.approx((0.0574, 0.056), abs=1e-3)


def test_a_share_has_its_interval_and_a_comparison_its_chance():
    assert inpainting.interval(50, 200) == pytest.approx((0.25, 0.06), abs=1e-4)
    shown = inpainting.lay_out(RECORD).splitlines()
    assert len(shown) == 3 * 9
    assert len(set(map(len, shown[1:9]))) == 1  # columns stand below each other
    # The nearest training digit is not compared with itself.
    assert [line.count("/") for line in shown[:9]] == [1, 1, 1, 1, 1, 0, 1, 1, 1]
