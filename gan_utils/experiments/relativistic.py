"""Trains GANs on stacked digits with and without pairs, and with each penalty.

python -m gan_utils.experiments.relativistic [--out data/relativistic.json] [--show]

A small copy of table 1 of Huang et al., The GAN is dead; long live the GAN! A Modern
Baseline GAN, 2024, by the networks and rates of `recipes.STACKED_PAIRS`. Besides: no
penalty; and both of eight times the weight at every eighth step, which saves time.
Writes the record after each training and goes on from what is there, one core for an
hour in all. `--show` prints the shipped one.
"""

from functools import partial

from gan_utils import critics, judge, paths, penalties
from gan_utils.experiments import shipped
from gan_utils.recipes import GAMMA, STACKED_PAIRS

import tensorflow as tf

PLACE = paths.MNIST.with_name("relativistic.json")
SEEDS = (0, 1, 2)
STEPS = 4000  # the shipped one has many times more
COUNT = 10_000  # samples that are read
EVERY = 8
KEPT = ("modes_covered", "kl", "sure_share", "sure_modes")
FIGURES = {"type": "object", "additionalProperties": {"type": "number"}}
SCHEMA = {
    "type": "object",
    "additionalProperties": {"type": "object", "additionalProperties": FIGURES},
}
R1 = partial(penalties.zero_centred_penalty, weight=GAMMA)
PENALTIES = {
    "R1 and R2": partial(R1, at_fakes=True),
    "R1 alone": R1,
    "no penalty": penalties.no_penalty,
}


def lazy_step(gan, real_images, latents):
    """Takes pairs; D pays both penalties, of more weight, at every eighth step alone.

    Args:
        gan: as for `critics.penalised_step`.
        real_images: as for `critics.penalised_step`.
        latents: as for `critics.penalised_step`.

    Returns:
        As `critics.penalised_step`; `gradient_norm` is 0 where nothing is paid.

    Source:
        Karras et al., Analyzing and Improving the Image Quality of StyleGAN, 2020,
        section 3.1, lazy regularization.
    """

    def pay():
        weighty = partial(R1, weight=EVERY * GAMMA, at_fakes=True)
        return critics.penalised_step(gan, real_images, latents, weighty, paired=True)

    def pay_nothing(discriminator, real_images, fake_images, seed):
        return tf.zeros(()), tf.zeros(2 * tf.shape(fake_images)[0])

    def wait():
        return critics.penalised_step(
            gan, real_images, latents, pay_nothing, paired=True
        )

    return tf.cond(gan.step_count % EVERY == 0, pay, wait)


STEPS_OF = {
    f"{loss}, {name}": partial(critics.penalised_step, penalty=penalty, paired=paired)
    for loss, paired in {"pairs": True, "usual loss": False}.items()
    for name, penalty in PENALTIES.items()
}
STEPS_OF["lazy pairs, R1 and R2"] = lazy_step


def train(name, seed):
    """Trains by one of `STEPS_OF`; returns the figures of samples.

    Args:
        name: a key of `STEPS_OF`.
        seed: decides all that is random.

    Returns:
        What `metrics.count_modes` tells of `COUNT` samples by the averaged weights;
        nothing when a loss was no number.
    """
    recipe = STACKED_PAIRS.vary(step=STEPS_OF[name])
    gan = recipe.build(seed)
    try:
        gan.fit(recipe.batches(seed, 0), steps_per_epoch=STEPS, verbose=0)
    except FloatingPointError:
        return {}
    gan.settle_for_good()
    images = judge.draw(gan.averaged_generator, COUNT, seed, **recipe.drawing)
    found = judge.load_judge()(images)
    return {key: float(f"{found[key]:.4g}") for key in KEPT}


def lay_out(record):
    """Returns the figures of each training, in Markdown."""
    lines = [
        "| | seed | modes | KL | sure | sure modes |",
        "|---|---|---|---|---|---|",
    ]
    for name, by_seed in record.items():
        for seed, found in by_seed.items():
            figures = (
                f"{found['modes_covered']:,.0f} | {found['kl']:.3f} "
                f"| {found['sure_share']:.1%} | {found['sure_modes']:,.0f}"
                if found
                else "broke off | | |"
            )
            lines.append(f"| {name} | {seed} | {figures} |")
    return "\n".join(lines) + "\n"


def main(arguments=None):
    plan = dict.fromkeys(STEPS_OF, SEEDS)
    shipped.run_trainings(
        "relativistic", PLACE, SCHEMA, plan, train, lay_out, arguments
    )


if __name__ == "__main__":
    main()
