"""Measures how often digits are read right after their hidden part was searched.

python -m gan_utils.experiments.inpainting [--out data/inpainting.json] [--show]

Writes the record at the end, after ten minutes on one core. What a record of the same
generator holds already stays; remove it to measure all anew, as after a change of the
classifier. `--show` prints the shipped one.
"""

import math

from gan_utils import data, latent, metrics, paths, records
from gan_utils.compiled import make_matcher, make_reader, make_sampler
from gan_utils.experiments import shipped
from gan_utils.store import load_card, load_pretrained

import numpy as np

PLACE = paths.MNIST.with_name("inpainting.json")
NAME = "dcgan"
SEED = 0
COUNT = 200  # test digits
STARTS = 2  # of each search
STEPS = 200
SAMPLES = 10_000  # among which the starts are looked for
RIVAL = "the nearest training digit"
AVERAGED = 10  # training digits, samples or searches
SCHEMA = {
    "type": "object",
    "required": ["generator", "of", "gaps"],
    "properties": {
        "generator": {"type": "string"},  # the digest of its weights
        "of": {"type": "integer"},
        "gaps": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "required": ["right", "only", "missed", "closer", "difference"],
                },
            },
        },
    },
}


def make_masks(seed=SEED):
    """Returns which pixels are known, bool `(28, 28)`, by what is hidden."""
    left, hole = np.zeros((28, 28), bool), np.ones((28, 28), bool)
    left[:, :14] = True
    hole[7:21, 7:21] = False
    few = np.random.default_rng(seed).random((28, 28)) < 0.1
    return {"right half": left, "a hole": hole, "nine pixels in ten": few}


def fill(images, drawn, mask):
    """Takes the known pixels from images and the others from what was drawn."""
    return np.where(mask[:, :, None], images, drawn).astype(np.float32)


def find_nearest(targets, candidates, mask):
    """Returns for each target which candidate is nearest in the known pixels."""
    return metrics.nearest(targets[:, mask, 0], candidates[:, mask, 0])[0]


def average_nearest(targets, known, mask):
    """Averages the `AVERAGED` of known images nearest in the known pixels."""
    flat, found = known[:, mask, 0], []
    for target in targets[:, mask, 0]:
        distances = ((flat - target) ** 2).sum(axis=1)
        nearest = np.argpartition(distances, AVERAGED)[:AVERAGED]
        found.append(known[nearest].mean(axis=0))
    return np.stack(found)


def compare(whole, targets, digits, read, mask):
    """Counts what the classifier reads of filled images, and how far they are.

    Args:
        whole: a dict from ways to fill a gap to filled images.
        targets: the true ones.
        digits: what they show.
        read: as `compiled.make_reader` makes it.
        mask: which pixels are known.

    Returns:
        A dict from ways to dicts, as `measure` describes them.
    """
    right, missed = {}, {}
    for way, images in whole.items():
        right[way] = read(images)[1].argmax(axis=1) == digits
        missed[way] = ((images - targets)[:, ~mask] ** 2).mean(axis=(1, 2))
    return {
        way: {
            "right": int(right[way].sum()),
            "only": int((right[way] & ~right[RIVAL]).sum()),
            "missed": int((~right[way] & right[RIVAL]).sum()),
            "closer": int((missed[way] < missed[RIVAL]).sum()),
            "difference": round(float(missed[way].mean()), 4),
        }
        for way in whole
    }


def plan(targets, mask, known, points, images, generator, steps):
    """Returns how each way draws what is hidden: a dict from ways to functions."""

    def begin(parts):
        return [
            points[first::parts][find_nearest(targets, images[first::parts], mask)]
            for first in range(parts)
        ]

    def search(groups):  # the mean of what the best point of each group draws
        matcher = make_matcher(generator, targets, mask)
        found = [latent.invert(matcher, starts, steps)[0] for starts in groups]
        return np.mean([make_sampler(generator)(each) for each in found], axis=0)

    return {
        "a search": lambda: search([begin(STARTS)]),
        f"the mean of {AVERAGED} searches": lambda: search(
            [[start] for start in begin(AVERAGED)]
        ),
        "the nearest sample": lambda: images[find_nearest(targets, images, mask)],
        f"the mean of {AVERAGED} samples": lambda: average_nearest(
            targets, images, mask
        ),
        RIVAL: lambda: known[find_nearest(targets, known, mask)],
        f"the mean of the {AVERAGED} nearest": lambda: average_nearest(
            targets, known, mask
        ),
        "the mean training digit": lambda: known.mean(axis=0, keepdims=True),
        "paper": lambda: np.full((1, 28, 28, 1), -1.0),
    }


def measure(count=COUNT, steps=STEPS, samples=SAMPLES, before=None):
    """Fills each gap in each way, and lets the classifier read the whole image.

    Args:
        count: test digits.
        steps: of a search.
        samples: among which the starts are looked for.
        before: a record whose rows stay, if it is of this generator and as many digits.

    Returns:
        A dict: the digest of the `generator`; `of` how many digits; and `gaps`: for
        each, and each way to fill it, how many were read `right`; how many of them were
        not with the nearest training digit, `only` so, and how many were with that and
        `missed` so; how many hidden parts came `closer` than its; and the mean squared
        `difference` of the hidden pixels.
    """
    digest = load_card(NAME)["files"]["generator.weights.h5"]["sha256"]
    same = before and (before["generator"], before["of"]) == (digest, count)
    generator = load_pretrained(NAME)
    read = make_reader(load_pretrained("classifier"))
    (x_train, _), (x_test, y_test) = data.load_mnist()
    known = data.scale_pixels(x_train).numpy()
    targets = data.scale_pixels(x_test[:count]).numpy()
    points = latent.sample_latents(samples, generator.input_shape[1], SEED)
    images, found = make_sampler(generator)(points), {}
    for gap, mask in make_masks().items():
        rows = before["gaps"].get(gap, {}) if same else {}
        ways = plan(targets, mask, known, points, images, generator, steps)
        whole = {
            way: fill(targets, draw(), mask)
            for way, draw in ways.items()
            if way not in rows or way == RIVAL
        }
        rows = compare(whole, targets, y_test[:count], read, mask) | rows
        found[gap] = {way: rows[way] for way in ways}
        print(f"{gap}: measured.", flush=True)
    return {"generator": digest, "of": count, "gaps": found}


def interval(count, of):
    """Returns a share and how far luck may move it: 1.96 standard errors."""
    share = count / of
    return share, 1.96 * math.sqrt(share * (1 - share) / of)


def chance(count, of):
    """Tells how often coins are as one-sided as this: the exact sign test.

    Args:
        count: how often one of two ways won.
        of: how often one of them did.

    Returns:
        The two-sided p, a float from 0 to 1: the chance that `of` fair coins fall at
        least as far from half and half. Of pairs that are read otherwise by two ways,
        it is McNemar's exact test.

    Example:
        >>> chance(0, 5)
        0.0625
    """
    fewer = min(count, of - count)
    one_side = sum(math.comb(of, k) for k in range(fewer + 1))
    return min(1.0, 2 * one_side / 2**of)


def weigh_row(found, of):
    """Returns `chance` of a row's reading, and of its distances: see `measure`."""
    told = found["only"] + found["missed"]
    return chance(found["only"], told), chance(found["closer"], of)


def lay_out(record):
    """Returns the record as text, a table for each gap."""
    lines = []
    for gap, ways in record["gaps"].items():
        head = f"hidden: {gap}"
        lines.append(f"{head:30}right        only/missed     p   closer     p   differ")
        for way, found in ways.items():
            share, error = interval(found["right"], record["of"])
            line = f"  {way:28}{share:4.0%} ± {error:2.0%}"
            if way == RIVAL:
                line += " " * 34
            else:
                read, near = weigh_row(found, record["of"])
                pairs = f"{found['only']}/{found['missed']}"
                line += f"{pairs:>13}{read:7.3f}"
                line += f"{found['closer'] / record['of']:8.0%}{near:6.3f}"
            lines.append(f"{line}{found['difference']:8.2f}")
    return "\n".join(lines)


def main(arguments=None):
    def make(out):
        before = records.read(out, SCHEMA) if out.exists() else None
        records.write(out, measure(before=before))

    shipped.run_record("inpainting", PLACE, SCHEMA, make, lay_out, arguments)


if __name__ == "__main__":
    main()
