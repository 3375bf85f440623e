"""Pairs and penalties on stacked digits: how rows differ, and what was recorded."""

from functools import partial

from gan_utils import critics, models, records
from gan_utils.experiments import relativistic
from gan_utils.recipes import GAMMA, STACKED_PAIRS, THREE
from gan_utils.settings import pair

import numpy as np
import pytest

PAIRS = "pairs, R1 and R2"


@pytest.mark.skipif(not relativistic.PLACE.exists(), reason="it is not made yet")
def test_what_is_recorded_was_planned():
    record = records.read(relativistic.PLACE, relativistic.SCHEMA)
    assert list(record) == list(relativistic.STEPS_OF)
    for by_seed in record.values():
        assert [*map(int, by_seed)] == [*relativistic.SEEDS]
        assert all(
            list(found) in ([], [*relativistic.KEPT]) for found in by_seed.values()
        )


def test_the_first_row_takes_the_shipped_step_and_the_others_change_one_thing():
    first, options = relativistic.STEPS_OF[PAIRS], STACKED_PAIRS.step.keywords
    assert first.func is STACKED_PAIRS.step.func
    assert first.keywords["paired"] == options["paired"]
    assert first.keywords["penalty"].func is options["penalty"].func
    assert first.keywords["penalty"].keywords == options["penalty"].keywords
    usual = relativistic.STEPS_OF["usual loss, R1 and R2"].keywords
    assert usual == {**first.keywords, "paired": False}
    alone = relativistic.STEPS_OF["pairs, R1 alone"].keywords["penalty"].keywords
    assert alone == {"weight": GAMMA}


@pytest.fixture
def small(monkeypatch):
    """Makes trainings of seconds."""
    networks = pair(
        partial(models.build_generator, channels=4, shape=THREE),
        partial(models.build_strided_discriminator, channels=4, shape=THREE),
    )
    monkeypatch.setattr(
        relativistic, "STACKED_PAIRS", STACKED_PAIRS.vary(networks=networks)
    )
    monkeypatch.setattr(relativistic, "STEPS", 100)
    monkeypatch.setattr(relativistic, "COUNT", 20)


@pytest.mark.parametrize(
    "name", [PAIRS, "usual loss, no penalty", "lazy pairs, R1 and R2"]
)
def test_a_row_is_trained_and_measured(name, small):
    found = relativistic.train(name, seed=0)
    records.check({name: {"0": found}}, relativistic.SCHEMA, "a record")
    assert list(found) == [*relativistic.KEPT]
    assert name in relativistic.lay_out({name: {"0": found}})
    assert "broke off" in relativistic.lay_out({name: {"0": {}}})


def test_the_lazy_step_pays_eight_times_at_every_eighth_step_and_nothing_else(small):
    recipe = relativistic.STACKED_PAIRS.vary(step=relativistic.lazy_step)
    gan = recipe.build(0)
    images = next(iter(recipe.batches(0, 0)))
    latents = np.random.default_rng(0).standard_normal((len(images), gan.latent_dim))
    paid = []

    def note(gan, real_images, latents, penalty, paired):
        found = penalty(gan.discriminator, real_images, real_images, (0, 0))
        paid.append(float(found[0]))
        return {"slopes": found[1]}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(critics, "penalised_step", note)
        for _ in range(9):
            relativistic.lazy_step(gan, images, latents)
            gan.step_count.assign_add(1)
    both = relativistic.PENALTIES["R1 and R2"]
    once = float(both(gan.discriminator, images, images, (0, 0))[0])
    assert paid == pytest.approx([8 * once, *[0] * 7, 8 * once])
