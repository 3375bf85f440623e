"""Measures how often digits are read right after their hidden part was searched.

python -m gan_utils.experiments.inpainting [--out data/inpainting.json] [--show]

Writes the record at the end, after ten minutes on two cores. `--show` prints the
shipped one.
"""

import math

from gan_utils import data, latent, metrics, paths
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
SCHEMA = {
    "type": "object",
    "required": ["generator", "gaps"],
    "properties": {
        "generator": {"type": "string"},  # the digest of its weights
        "gaps": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "required": ["right", "closer", "of", "difference"],
                },
            },
        },
    },
}


def make_masks(seed=SEED):
    """Returns which pixels are known, bool `(28, 28)` for each kind of gap."""
    left, hole = np.zeros((28, 28), bool), np.ones((28, 28), bool)
    left[:, :14] = True
    hole[7:21, 7:21] = False
    few = np.random.default_rng(seed).random((28, 28)) < 0.1
    return {"left half": left, "all but a hole": hole, "one pixel in ten": few}


def fill(images, drawn, mask):
    """Takes the known pixels from images and the others from what was drawn."""
    return np.where(mask[:, :, None], images, drawn).astype(np.float32)


def find_nearest(targets, candidates, mask):
    """Returns for each target which candidate is nearest in the known pixels."""
    return metrics.nearest(targets[:, mask, 0], candidates[:, mask, 0])[0]


def measure(count=COUNT, steps=STEPS, samples=SAMPLES):
    """Fills each gap in each way, and lets the classifier read the whole image.

    Returns:
        A dict: the digest of the `generator`; and `gaps`: for each, and each way to
        fill it, how many were read `right`, how many hidden parts came `closer` than
        those of the nearest training digit, `of` how many, and the mean squared
        `difference` of the hidden pixels.
    """
    generator = load_pretrained(NAME)
    sample = make_sampler(generator)
    read = make_reader(load_pretrained("classifier"))
    (x_train, _), (x_test, y_test) = data.load_mnist()
    known, targets = (
        data.scale_pixels(images).numpy() for images in (x_train, x_test[:count])
    )
    points = latent.sample_latents(samples, generator.input_shape[1], SEED)
    images = sample(points)
    lengths = np.linalg.norm(points, axis=1)
    shell = np.quantile(lengths, (0.005, 0.995))

    def search(mask, put_back=None):
        parts = [points[first::STARTS] for first in range(STARTS)]
        starts = [
            part[find_nearest(targets, images[first::STARTS], mask)]
            for first, part in enumerate(parts)
        ]
        matcher = make_matcher(generator, targets, mask)
        return sample(latent.invert(matcher, starts, steps, put_back=put_back)[0])

    def put_back(moved):
        return latent.hold(moved, *shell)

    def miss(whole, mask):
        return ((whole - targets)[:, ~mask] ** 2).mean(axis=(1, 2))

    found = {}
    for gap, mask in make_masks().items():
        fillings = {
            "a search": search(mask),
            "a search, held on the shell": search(mask, put_back),
            "the nearest sample": images[find_nearest(targets, images, mask)],
            RIVAL: known[find_nearest(targets, known, mask)],
            "the mean training digit": known.mean(axis=0, keepdims=True),
            "paper": np.full((1, 28, 28, 1), -1.0),
        }
        found[gap] = {}
        rival = miss(fill(targets, fillings[RIVAL], mask), mask)
        for way, drawn in fillings.items():
            whole = fill(targets, drawn, mask)
            right = read(whole)[1].argmax(axis=1) == y_test[:count]
            missed = miss(whole, mask)
            found[gap][way] = {
                "right": int(right.sum()),
                "closer": int((missed < rival).sum()),
                "of": count,
                "difference": round(float(missed.mean()), 4),
            }
        print(f"{gap}: measured.", flush=True)
    files = load_card(NAME)["files"]
    return {"generator": files["generator.weights.h5"]["sha256"], "gaps": found}


def interval(count, of):
    """Returns a share and how far luck may move it: 1.96 standard errors."""
    share = count / of
    return share, 1.96 * math.sqrt(share * (1 - share) / of)


def lay_out(record):
    """Returns the record as text, a table for each gap."""
    lines = []
    for gap, ways in record["gaps"].items():
        lines.append(f"{gap:30}read right   difference  closer than {RIVAL}")
        for way, found in ways.items():
            share, error = interval(found["right"], found["of"])
            line = f"  {way:28}{share:4.0%} ± {error:2.0%}  {found['difference']:10.2f}"
            if way != RIVAL:
                closer, trembling = interval(found["closer"], found["of"])
                line += f"    {closer:4.0%} ± {trembling:2.0%}"
            lines.append(line)
    return "\n".join(lines)


def main(arguments=None):
    shipped.run("inpainting", PLACE, SCHEMA, measure, lay_out, arguments)


if __name__ == "__main__":
    main()
