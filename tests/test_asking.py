"""GANs that are asked in several ways: how they differ, and what was recorded."""

from functools import partial

from gan_utils import data, models, records, steps
from gan_utils.experiments import asking
from gan_utils.gan import GAN, normal_with_kinds

import keras
import numpy as np
import pytest
from keras.layers import Identity

SMALL = {"channels": 4, "seed": 1}


def test_the_shipped_record_has_each_kind_by_the_same_seeds():
    record = records.read(asking.PLACE, asking.SCHEMA)
    assert list(record) == list(asking.KINDS)
    for by_seed in record.values():
        assert tuple(map(int, by_seed)) == asking.SEEDS
        for rows in by_seed.values():
            assert tuple(row["step"] for row in rows) == asking.MEASURED_AT
            assert all(0 <= row["asked_share"] <= 1 for row in rows)


def test_wrong_planes_hold_the_same_numbers_in_another_order():
    shares = np.eye(10, dtype=np.float32)[[0, 3]]
    images = np.zeros((2, 28, 28, 1), np.float32)
    seen = []
    for build in (models.build_plane_discriminator, asking.build_striped_discriminator):
        network = build(**SMALL)
        planes = keras.Model(network.inputs, network.layers[-1].input)
        seen.append(planes([images, shares]).numpy()[..., 1:])
    right, wrong = seen
    for kind, planes in zip((0, 3), right):
        assert (planes[..., kind] == 1).all()
    assert not np.array_equal(right, wrong)
    np.testing.assert_array_equal(wrong.sum(axis=(1, 2, 3)), 784)
    # The shares lie one after the other, as `numpy.repeat` without an axis puts them.
    expected = np.stack([np.repeat(each, 784).reshape(28, 28, 10) for each in shares])
    np.testing.assert_array_equal(wrong, expected)


def test_fixed_vectors_are_not_trained():
    network = asking.build_fixed_discriminator(**SMALL)
    trained = {id(weights) for weights in network.trainable_variables}
    assert id(network.get_layer("vectors").kernel) not in trained
    assert id(network.get_layer("logit").kernel) in trained


def test_shuffled_labels_belong_to_others():
    recipe = asking.make_recipe("planes").vary(batch_size=1000)
    shuffled = next(iter(asking.shuffled_batches(recipe, 0, 0)))
    kept = next(iter(recipe.batches(0, 0)))
    np.testing.assert_array_equal(shuffled[0], kept[0])
    alike = np.mean(shuffled[1].numpy() == kept[1].numpy())
    assert 0.05 < alike < 0.15


def test_images_that_are_all_alike_have_no_spread():
    (digits, labels), _ = data.load_mnist()
    digits, labels = digits[:500], labels[:500]
    assert asking.spreads(digits, labels).min() > 5
    one_a_kind = np.stack([digits[labels == kind][0] for kind in labels])
    np.testing.assert_allclose(asking.spreads(one_a_kind, labels), 0)


def weights_after(step):
    """Returns all weights of a small GAN that one step moved."""
    gan = GAN(
        models.build_conditional_generator(**SMALL),
        models.build_projection_discriminator(**SMALL, norm=Identity, dropout=0.0),
        seed=0,
        prior=normal_with_kinds,
        step=step,
    )
    gan.compile(*[keras.optimizers.SGD(0.1) for _ in range(2)], steps_per_execution=1)
    recipe = asking.make_recipe("projection").vary(batch_size=8)
    gan.fit(recipe.batches(0, 0), steps_per_epoch=1, verbose=0)
    return [*gan.generator.get_weights(), *gan.discriminator.get_weights()]


def test_a_penalty_of_nothing_changes_nothing_and_another_changes_d():
    plain = weights_after(steps.conditional_step)
    free, paid = (
        weights_after(partial(asking.penalised_step, penalty=penalty))
        for penalty in (0.0, 20.0)
    )
    for expected, found in zip(plain, free, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)
    changed = [not np.allclose(*pair) for pair in zip(plain, paid, strict=True)]
    assert any(changed)


DIFFERENT = (  # in how they are trained
    "planes, labels shuffled",
    "planes, repeated wrongly",
    "D reads both",
    "the same, penalty 20",
)


@pytest.mark.parametrize("kind", DIFFERENT)
def test_a_kind_is_trained_and_measured(kind, monkeypatch):
    monkeypatch.setattr(asking, "MEASURED_AT", (1, 2))
    monkeypatch.setattr(asking, "COUNT", 50)
    found = asking.train(kind, seed=0)
    assert [row["step"] for row in found] == [1, 2]
    assert all(len(row["spreads"]) == 10 for row in found)
    records.check({kind: {"0": found}}, asking.SCHEMA, "a record")
    assert kind in asking.lay_out({kind: {"0": found}})
