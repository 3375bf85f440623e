"""Steps per second of the classics, beside the loop of calls that Keras 2 code was.

python -m tests.benchmarks.classics [NAME ...]
"""

import statistics
import sys
import time

from gan_utils import recipes
from gan_utils.classics import CLASSICS

import keras
import numpy as np

ROUNDS = 5
STEPS = {"oreilly": 10, "bulten": 4, "bulten_colour": 2}  # the others take 200
CALLED = 20  # steps of the loop of calls, at most


def loop_of_calls(gan, batches, steps):
    """Returns a function that runs iterations by `predict` and `train_on_batch`.

    D is trained once before it is frozen, so that Keras reads its weights while they
    are trainable; this way both networks move.
    """
    procedure, images = gan.procedure, iter(batches)
    generator, discriminator = gan.generator, gan.discriminator
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    count = procedure.batch_size
    targets = {"real": np.ones((count, 1)), "fake": np.zeros((count, 1))}

    random = np.random.default_rng(0)

    def latents(size):
        return random.uniform(-1, 1, (size, generator.input_shape[-1]))

    def turns(real_images):
        fake_images = generator.predict(latents(count), verbose=0)
        batch = {"real": real_images, "fake": fake_images}
        for kinds in procedure.turns:
            discriminator.train_on_batch(
                np.concatenate([batch[kind] for kind in kinds]),
                np.concatenate([targets[kind] for kind in kinds]),
            )

    discriminator.compile(procedure.optimizers[0](), loss)
    turns(next(images).numpy())
    discriminator.trainable = False
    stack = keras.Sequential([generator, discriminator])
    stack.compile(procedure.generator_optimizer(), loss)
    size = procedure.generator_batch or count

    def run():
        for _ in range(steps):
            turns(next(images).numpy())
            stack.train_on_batch(latents(size), np.ones((size, 1)))

    return run


def measure(name):
    """Times both in turn, several rounds; returns steps a second and their ratio."""
    recipe, steps = recipes.find(name), STEPS.get(name, 200)
    gan = recipe.build(0)
    gan.compile(steps_per_execution=steps)
    batches = recipe.batches(0, 0)
    called = min(steps, CALLED)
    loops = {
        "fit": (steps, lambda: gan.fit(batches, steps_per_epoch=steps, verbose=0)),
        "calls": (called, loop_of_calls(recipe.build(0), batches, called)),
    }
    rates = {key: [] for key in loops}
    for _, run in loops.values():
        run()  # builds the graphs
    for _ in range(ROUNDS):
        for key, (count, run) in loops.items():
            started = time.perf_counter()
            run()
            rates[key].append(count / (time.perf_counter() - started))
    return {key: statistics.median(values) for key, values in rates.items()}


def main(names):
    print(f"| steps a second, median of {ROUNDS} rounds | `fit` | calls | ratio |")
    print("|---|---|---|---|")
    for name in names or [name for name in CLASSICS if name in recipes.RECIPES]:
        rates = measure(name)
        ratio = rates["fit"] / rates["calls"]
        print(f"| `{name}` | {rates['fit']:.1f} | {rates['calls']:.1f} | {ratio:.1f} |")


if __name__ == "__main__":
    main(sys.argv[1:])
