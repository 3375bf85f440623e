"""Measures samples that were chosen after training, by their latent points or by D.

python -m gan_utils.experiments.choosing [--out data/choosing.json]

Choosing is no training: it leaves out samples of a GAN that stays as it is. So what it
comes to stands apart from the figures of the models. Writes the record in ten minutes
on two cores; `--show` prints the shipped one.
"""

from gan_utils import compiled, judge, metrics, models, paths, store
from gan_utils.experiments import shipped

import numpy as np

PLACE = paths.MNIST.with_name("choosing.json")
NAME = "dcgan"
COUNT = 10_000  # samples that are measured
SEEDS = (0, 1, 2)
MEASURED = {  # with their titles, as README's other tables have them
    "frechet_distance": "Fréchet",
    "classifier_score": "score",
    "precision": "precision",
    "recall": "recall",
    "confident_share": "surely read",
}
SCHEMA = {
    "type": "object",
    "required": ["generator", "kept", "figures"],
    "properties": {
        "generator": {"type": "string"},
        "kept": {"type": "object", "additionalProperties": {"type": "number"}},
        "figures": {"type": "object", "additionalProperties": {"type": "object"}},
    },
}


def truncate(points, limit, random):
    """Draws anew each coordinate that lies further than a limit from 0.

    Args:
        points: float32 `(n, latent_dim)`, from a normal prior.
        limit: how far a coordinate may lie from 0.
        random: a `numpy.random.Generator`.

    Returns:
        Points like them, all within the limit.

    Source:
        Brock, Donahue, Simonyan, Large Scale GAN Training for High Fidelity Natural
        Image Synthesis, 2019, section 3.1: the truncation trick.
    """
    points = points.copy()
    while (far := np.abs(points) > limit).any():
        points[far] = random.standard_normal(far.sum())
    return points


def accept(logits, first_logits, random):
    """Tells which samples D lets pass, each with a chance that follows its logit.

    Args:
        logits: D's logits of the samples, `(n,)`.
        first_logits: of other samples, `(m,)`; a fifth of them has more than an even
            chance.
        random: a `numpy.random.Generator`.

    Returns:
        Booleans `(n,)`.

    Source:
        Azadi et al., Discriminator Rejection Sampling, 2019, algorithm 1 and equation
        8, with γ at the 80th percentile.
    """
    largest = max(first_logits.max(), logits.max())

    def odds(values):
        below = np.float64(values) - largest
        return below - np.log1p(-np.exp(below - 1e-8))

    chances = odds(logits) - np.quantile(odds(first_logits), 0.8)
    return random.uniform(size=len(logits)) < 1 / (1 + np.exp(-chances))


def ways(generator, discriminator, seed):
    """Yields the name of each way to choose, the share of samples kept, and those.

    Args:
        generator: a `keras.Model` with a normal prior.
        discriminator: its D, one that reads, too.
        seed: decides latent points and chances.
    """
    random = np.random.default_rng(seed)
    sample = compiled.make_sampler(generator)
    size = COUNT, models.latent_dim(generator)

    def draw():
        points = random.standard_normal(size).astype(np.float32)
        images = sample(points)
        logits, _ = discriminator.predict(images, verbose=0)
        return points, images, logits[:, 0]

    points, first, first_logits = draw()
    yield "all", 1.0, first
    for limit in (1.5, 1.0, 0.5):
        near = sample(truncate(points, limit, random))
        yield f"latent numbers within ±{limit:g}", 1.0, near

    _, more, more_logits = draw()
    order = np.argsort(np.append(first_logits, more_logits))
    both = np.concatenate([first, more])
    yield "the half that D likes more", 0.5, both[order[COUNT:]]
    yield "the half that D likes less", 0.5, both[order[:COUNT]]

    passed, seen = [], 0
    while sum(map(len, passed)) < COUNT:
        _, images, logits = draw()
        passed.append(images[accept(logits, first_logits, random)])
        seen += COUNT
    passed = np.concatenate(passed)
    yield "rejection sampling by D", len(passed) / seen, passed[:COUNT]

    read = compiled.make_reader(store.load_pretrained("classifier"))
    sure = read(both)[1].max(axis=1) >= metrics.SURE
    yield "those that the judge reads surely", sure.mean(), both[sure][:COUNT]


def measure():
    """Measures each way for each seed; returns the record."""
    generator = store.load_pretrained(NAME)
    discriminator = store.load_pretrained(NAME, "discriminator")
    kept, figures = {}, {}
    for seed in SEEDS:
        for name, share, images in ways(generator, discriminator, seed):
            found = judge.load_judge()(images)
            kept.setdefault(name, []).append(float(share))
            figures.setdefault(name, []).append({key: found[key] for key in MEASURED})
            print(f"seed {seed}, {name}: measured.", flush=True)
    return {
        "generator": store.load_card(NAME)["files"]["generator.weights.h5"]["sha256"],
        "kept": {name: np.mean(shares) for name, shares in kept.items()},
        "figures": {
            name: {key: [each[key] for each in found] for key in MEASURED}
            for name, found in figures.items()
        },
    }


def lay_out(record):
    """Returns the means over the seeds as a table in Markdown."""
    titles = [f"samples of `{NAME}`", "kept", *MEASURED.values()]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for name, figures in record["figures"].items():
        values = (metrics.COLUMNS[key][1](np.mean(figures[key])) for key in MEASURED)
        lines.append(f"| {name} | {record['kept'][name]:.0%} | {' | '.join(values)} |")
    return "\n".join(lines) + "\n"


def main(arguments=None):
    shipped.run("choosing", PLACE, SCHEMA, measure, lay_out, arguments)


if __name__ == "__main__":
    main()
