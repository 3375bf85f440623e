"""Steps per second of the classics, beside the loop of calls that Keras 2 code was.

python -m gan_utils.experiments.classics [NAME ...]
"""

import functools
import itertools
import sys

from gan_utils import recipes
from gan_utils.experiments import loops

import keras
import numpy as np

STEPS = {  # in a round
    "oreilly": 20,
    "bulten": 5,
    "bulten_colour": 2,
    "tiny_mlp": 100,
    "layered_mlp": 100,
    "keras_gan": 100,
}


def loop_of_calls(recipe, steps):
    """Returns a function that runs `steps` by `predict` and `train_on_batch`.

    D is trained once before it is frozen, so that Keras reads its weights while they
    are trainable; this way both networks move.
    """
    gan, images = recipe.build(0), iter(recipe.batches(0, 0))
    generator, discriminator = gan.generator, gan.discriminator
    options = recipe.step.keywords  # of `steps.alternating_step`
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    count = recipe.batch_size
    targets = {"real": np.ones((count, 1)), "fake": np.zeros((count, 1))}

    seeds = itertools.count()

    def latents(size):
        return recipe.sample_latents(size, gan.latent_dim, next(seeds))

    def turns():
        fake_images = generator.predict(latents(count), verbose=0)
        batch = {"real": next(images).numpy(), "fake": fake_images}
        for kinds in options["turns"]:
            discriminator.train_on_batch(
                np.concatenate([batch[kind] for kind in kinds]),
                np.concatenate([targets[kind] for kind in kinds]),
            )

    discriminator.compile(recipe.optimizers["discriminator"](), loss)
    turns()
    discriminator.trainable = False
    stack = keras.Sequential([generator, discriminator])
    stack.compile(recipe.optimizers["generator"](), loss)
    size = count * options.get("generator_batches", 1)

    def run():
        for _ in range(steps):
            turns()
            stack.train_on_batch(latents(size), np.ones((size, 1)))

    return run


def measure(name):
    """Times both loops in turn, several rounds; returns steps a second."""
    recipe, steps = recipes.find(name), STEPS.get(name, 100)
    # Without a head start of D: both loops move both networks.
    recipe = recipe.vary(step=functools.partial(recipe.step, head_start=0))
    gan, batches = recipe.build(0), recipe.batches(0, 0)
    gan.steps_per_execution = steps
    fit = {"steps_per_epoch": steps, "verbose": 0}
    both = {
        "fit": lambda: gan.fit(batches, **fit),
        "calls": loop_of_calls(recipe, steps),
    }
    return loops.medians(both, steps)


def main(names=()):
    print(f"\n| steps a second, median of {loops.ROUNDS} | `fit` | calls | ratio |")
    print("|---|---|---|---|")
    for name in names or STEPS:
        rates = measure(name)
        ratio = rates["fit"] / rates["calls"]
        print(f"| `{name}` | {rates['fit']:.1f} | {rates['calls']:.1f} | {ratio:.1f} |")


if __name__ == "__main__":
    main(sys.argv[1:])
