"""Trains classifiers on drawn digits alone and lets them read real ones, seed by seed.

python -m gan_utils.experiments.drawn_digits [--out data/drawn_digits.json] [--show]

Each learns from 60,000 digits, as the shipped classifier does: real ones; those that
the shipped `conditional` draws as asked; those that `dcgan` draws, as the shipped
classifier reads them. Writes the record after each training and goes on from what is
there. `--show` prints the shipped one.
"""

from gan_utils import compiled, data, judge, paths
from gan_utils.experiments import shipped
from gan_utils.experiments.few_labels import accuracy
from gan_utils.recipes import CLASSIFIER
from gan_utils.store import load_pretrained

import numpy as np

PLACE = paths.MNIST.with_name("drawn_digits.json")
SEEDS = (0, 1, 2)
COUNT = 60_000  # digits to learn from
SCHEMA = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1},
    },
}


def real_digits(count, seed):
    """Returns training digits and their labels; they are the same for all seeds."""
    (images, labels), _ = data.load_mnist()
    return images[:count], labels[:count]


def asked_digits(count, seed):
    """Draws digits of `conditional`; the labels are what was asked for."""
    generator = load_pretrained("conditional")
    asked = judge.asked_of(generator, count)
    return judge.draw(generator, count, seed), asked.astype(np.uint8)


def read_digits(count, seed):
    """Draws digits of `dcgan`; the labels are what the shipped classifier reads."""
    images = judge.draw_pretrained("dcgan", count, seed)
    read = compiled.make_reader(load_pretrained("classifier"))
    _, probabilities = read(data.scale_pixels(images))
    return images, probabilities.argmax(axis=1).astype(np.uint8)


KINDS = {
    "real digits": real_digits,
    "drawn as asked": asked_digits,
    "drawn, then read": read_digits,
}


def train(kind, seed):
    """Trains one classifier.

    Args:
        kind: one of `KINDS`.
        seed: decides the weights, the order of the digits and what is drawn.

    Returns:
        The share of the real test digits that it reads right.

    Source:
        Ravuri and Vinyals, Classification Accuracy Score for Conditional Generative
        Models, 2019.
    """
    images, labels = KINDS[kind](COUNT, seed)
    model = CLASSIFIER.build(seed)
    batches = data.batches(images, CLASSIFIER.batch_size, seed, labels=labels)
    model.fit(batches, steps_per_epoch=CLASSIFIER.steps, verbose=0)
    return accuracy(model.networks["classifier"])


def lay_out(record):
    """Returns what was read right, in Markdown, a column for each seed."""
    lines = [f"| learned from | {' | '.join(f'seed {seed}' for seed in SEEDS)} |"]
    lines.append("|---" * (len(SEEDS) + 1) + "|")
    for kind, by_seed in record.items():
        shares = " | ".join(f"{share:.2%}" for share in by_seed.values())
        lines.append(f"| {kind} | {shares} |")
    return "\n".join(lines) + "\n"


def main(arguments=None):
    plan = dict.fromkeys(KINDS, SEEDS)
    shipped.run_trainings(
        "drawn_digits", PLACE, SCHEMA, plan, train, lay_out, arguments
    )


if __name__ == "__main__":
    main()
