"""Counts kinds of stacked digits in a million samples, and with four digits.

python -m gan_utils.experiments.kinds [--out data/kinds.json] [--show]

A million samples of the shipped `stacked` tell its unevenness with next to no noise.
Four digits make ten thousand kinds: a GAN by the same recipe is trained on those, and
counted in as many samples for each kind. Test digits that meet by chance stand beside
both. Writes the record after each row and goes on from what is there: some minutes of
reading, and one core for an hour. `--show` prints the shipped one.
"""

from functools import partial

from gan_utils import compiled, data, metrics, models, paths, plotting
from gan_utils.experiments import shipped
from gan_utils.latent import sample_latents
from gan_utils.recipes import STACKED_PAIRS
from gan_utils.settings import pair
from gan_utils.store import load_pretrained

import numpy as np

PLACE = paths.MNIST.with_name("kinds.json")
MILLION, TEN_THOUSAND = 1_000_000, 260_000  # samples; 26 for each of as many kinds
FIGURES = {"type": "object", "additionalProperties": {"type": "number"}}
SCHEMA = {
    "type": "object",
    "additionalProperties": {"type": "object", "additionalProperties": FIGURES},
}
FOUR = (28, 28, 4)
FOUR_DIGITS = STACKED_PAIRS.vary(
    networks=pair(
        partial(models.build_generator, channels=64, shape=FOUR),
        partial(models.build_channelwise_discriminator, shape=FOUR),
    ),
    change=partial(data.stack_digits, count=FOUR[2]),
)


def read_samples(generator, count, seed):
    """Reads the digits in samples of a generator, batch by batch.

    Args:
        generator: a `keras.Model` of images with one digit a channel.
        count: of samples.
        seed: decides the latent points.

    Returns:
        float32 `(count, digits, 10)`, probabilities.
    """
    read = compiled.make_reader(load_pretrained("classifier"))
    sample = compiled.make_sampler(generator)
    together = compiled.batch_size_of(generator)
    points = sample_latents(count, models.latent_dim(generator), seed)
    found = []
    for start in range(0, count, together):
        images = np.moveaxis(sample(points[start : start + together]), 3, 0)
        channels = [data.scale_pixels(plotting.to_uint8(each)) for each in images]
        found.append(np.stack([read(each)[1] for each in channels], axis=1))
    return np.concatenate(found)


def read_real(count, digits, seed):
    """Reads test digits, and lets so many meet by chance; as `read_samples`."""
    _, (images, _) = data.load_mnist()
    reader = compiled.make_reader(load_pretrained("classifier"))
    _, probabilities = reader(data.scale_pixels(images))
    random = np.random.default_rng(seed)
    return probabilities[random.integers(len(images), size=(count, digits))]


def train_four(seed):
    """Trains a GAN on four digits; returns its averaged generator."""
    gan = FOUR_DIGITS.build(seed)
    gan.fit(FOUR_DIGITS.batches(seed, 0), steps_per_epoch=FOUR_DIGITS.steps, verbose=0)
    gan.settle_for_good()
    return gan.averaged_generator


ROWS = {
    "stacked, a million": lambda seed: read_samples(
        load_pretrained("stacked"), MILLION, seed
    ),
    "test digits, a million": lambda seed: read_real(MILLION, 3, seed),
    "four digits": lambda seed: read_samples(train_four(seed), TEN_THOUSAND, seed),
    "test digits by four": lambda seed: read_real(TEN_THOUSAND, 4, seed),
}


def count(name, seed):
    """Returns the figures of one of `ROWS`, and two KLs to hold its own against.

    `even_kl` is that of as many even numbers. `apart_kl` is its own after each channel
    was shuffled among the samples, so that no digit knows of the others.
    """
    readings = ROWS[name](seed)
    figures = metrics.count_modes(readings)
    modes = 10 ** readings.shape[1]
    figures["even_kl"] = (modes - 1) / (2 * len(readings))
    random = np.random.default_rng(seed)
    apart = [random.permutation(channel) for channel in readings.swapaxes(0, 1)]
    figures["apart_kl"] = metrics.count_modes(np.stack(apart, axis=1))["kl"]
    return {key: float(f"{value:.5g}") for key, value in figures.items()}


def lay_out(record):
    """Returns the figures of each row, in Markdown."""
    titles = "samples | modes | KL | digits apart | even | sure"
    lines = [f"| | {titles} |", "|---|---|---|---|---|---|---|"]
    for name, by_seed in record.items():
        for found in by_seed.values():
            lines.append(
                f"| {name} | {found['n']:,.0f} | {found['modes_covered']:,.0f} "
                f"| {found['kl']:.4f} | {found['apart_kl']:.4f} "
                f"| {found['even_kl']:.4f} "
                f"| {found['sure_share']:.1%} |"
            )
    return "\n".join(lines) + "\n"


def main(arguments=None):
    plan = dict.fromkeys(ROWS, (0,))
    shipped.run_trainings("kinds", PLACE, SCHEMA, plan, count, lay_out, arguments)


if __name__ == "__main__":
    main()
