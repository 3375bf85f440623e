"""Asks D what it tells from coloured digits: those with wrong paper, or wrong strokes.

python -m gan_utils.experiments.colouring [--out data/colouring.json] [--show]

Lesson 11's GAN, in colour and in grey, and a D alone that is shown mirrored paper or
mirrored strokes: with bright ink, with dark ink, and with one digit on all paper; seed
by seed. Writes the record after each training and goes on from what stands there; a
training takes one to five minutes of one core. `--show` prints the shipped record.
"""

from gan_utils import colour, data, judge, latent, paths, records
from gan_utils.experiments import shipped
from gan_utils.models import build_discriminator, latent_dim
from gan_utils.recipes import COLOUR, SMALL
from gan_utils.settings import adams

import numpy as np
import tensorflow as tf

PLACE = paths.MNIST.with_name("colouring.json")
SEEDS = (0, 1, 2)
MEASURED_AT = (100, 200, 400, 800)  # steps; the lesson goes on to 1,500
EARLY_AT = (100, 200)  # steps at which D is asked what it misses
COUNT = 2000  # samples that are measured
ASKED = 512  # pairs of images that D is asked about
PAPER_DIM = 16  # as in the recipe
ALONE_AT = (40, 80, 160, 240)  # steps of a D without a G
ALONE_OF = 8000  # images of each kind that it learns from
BATCH_SIZE = 64
DARKER = 1.23  # than paper, as far as its negative is brighter, in the mean
FIGURES = (
    "classifier_score",
    "frechet_distance",
    "match",  # of the paper with the portrait, as are the next two
    "commonest",
    "tints",
)
SHARES = {
    "type": "object",
    "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1},
}
SCHEMA = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "additionalProperties": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["step", "paper", "strokes"],
                "properties": {"paper": SHARES, "strokes": SHARES},
            },
        },
    },
}


def grey_portrait():
    """Returns the portrait in grey, with three equal channels."""
    grey = colour.load_portrait().mean(axis=2, keepdims=True)
    return np.rint(grey).astype(np.uint8).repeat(3, axis=2)


def white_lamp(pieces, tints):
    """Lights pieces as `colour.shine` does, all three channels alike."""
    return colour.shine(pieces, tints[..., :1].repeat(3, axis=3))


KINDS = {
    "colour": (colour.load_portrait, colour.shine),
    "grey": (grey_portrait, white_lamp),
}


def dark_ink(paper, stencil):
    """Lays ink that is as much darker than the paper under it as it was brighter.

    It is darker than black: D takes any number.
    """
    return paper - np.float32(DARKER) * (stencil < 0)


# What a GAN is asked: of which kind, at which steps, and what was done to a part.
GANS = {
    "colour": ("colour", MEASURED_AT, "drawn by G"),
    "grey": ("grey", MEASURED_AT, "drawn by G"),
    "left out": ("colour", EARLY_AT, "left out"),
}
FIXED = "D alone, fixed digit"
SCENES = {
    "D alone, bright ink": np.multiply,  # paper's negative, as everywhere
    FIXED: np.multiply,
    "D alone, dark ink": dark_ink,
}
NAMES = (*GANS, *SCENES)


def choose_digits(name, digits):
    """Returns the digits of a scene: as many, but the same one for `FIXED`."""
    if name != FIXED:
        return digits
    (train_digits, _), _ = data.load_mnist()
    return train_digits[:1].repeat(len(digits), axis=0)


def colour_as(kind, digits, seed):
    """Lays digits over the portrait, in colour or in grey."""
    load, lamp = KINDS[kind]
    return colour.colour_digits(digits, load(), seed, lamp, side=SMALL[0])


def make_recipe(kind):
    """Returns the recipe of `colour` with the lesson's rates, for a kind of images."""
    return COLOUR.vary(
        optimizers=adams(1e-3, 5e-4, beta_2=0.99),
        change=lambda digits, seed: colour_as(kind, digits, seed),
        steps=MEASURED_AT[-1],
    )


def real_parts(kind, digits, seed):
    """Returns paper and stencils of coloured digits, whose product they are.

    Returns:
        float32 `(n, 32, 32, 3)` from -1 to 0, and `(n, 32, 32, 1)`, 1 for paper and
        -1 for ink.
    """
    paper, images = (
        colour_as(kind, part, seed) for part in (np.zeros_like(digits), digits)
    )
    ink = images.mean(axis=3, keepdims=True) > 127.5
    return paper / np.float32(127.5) - 1, np.where(ink, -1, 1).astype(np.float32)


def test_digits():
    return data.load_mnist()[1][0][:ASKED]


def drawn_parts(generator, count, seed):
    """Returns paper and stencils that a generator draws, as `real_parts` does."""
    points = latent.sample_latents(count, latent_dim(generator), seed)
    paper, stencil = (
        generator.get_layer(name)(part, training=False).numpy()
        for name, part in (
            ("paper", points[:, :PAPER_DIM]),
            ("stencil", points[:, PAPER_DIM:]),
        )
    )
    return paper / 2 - 0.5, stencil


def spoil(part, seed):
    """Changes paper or stencils `(n, side, side, channels)` in four ways, by name.

    Left out, paper is black, and a stencil has no ink.
    """
    order = np.random.default_rng(seed).permutation(part.shape[1] * part.shape[2])
    flat = part.reshape(len(part), -1, part.shape[3])
    moves = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return {
        "mirrored": part[:, :, ::-1],
        "scattered": flat[:, order].reshape(part.shape),
        "blurred": sum(np.roll(part, move, (1, 2)) for move in moves) / 9,
        "left out": np.full_like(part, 1 if part.shape[3] == 1 else -1),
    }


def ask(discriminator, images):
    """Asks D as it is asked while training, by batches of a kind, without dropout.

    A copy is asked, since an answer moves what batch norm remembers.

    Args:
        discriminator: as `build_discriminator` makes it.
        images: float `(n, side, side, channels)`, n a multiple of `BATCH_SIZE`.

    Returns:
        Logits `(n,)`.
    """
    channels = discriminator.layers[0].filters
    asked = build_discriminator(channels, 0, images.shape[1:], dropout=0)
    asked.set_weights(discriminator.get_weights())
    batches = np.split(images.astype(np.float32), len(images) // BATCH_SIZE)
    logits = [asked(batch, training=True).numpy() for batch in batches]
    return np.concatenate(logits)[:, 0]


def told(discriminator, paper, stencil, drawn_paper, drawn_stencil, seed):
    """Measures what D tells from real images in which one part was changed.

    Returns:
        A dict: for `paper` and `strokes`, by what was done to them, the share of
        images that D takes for more real than what became of them; half is chance.
    """
    real = ask(discriminator, paper * stencil)
    found = {
        "paper": {"drawn by G": drawn_paper, **spoil(paper, seed)},
        "strokes": {"drawn by G": drawn_stencil, **spoil(stencil, seed)},
    }
    for part, other in (("paper", stencil), ("strokes", paper)):
        for name, changed in found[part].items():
            share = (real > ask(discriminator, changed * other)).mean()
            found[part][name] = round(float(share), 3)
    return found


def measure(kind, gan, seed):
    """Measures samples of G's average: strokes, paper and tints."""
    images = judge.draw(gan.averaged_generator, COUNT, seed)
    found = judge.load_judge()(images)
    matches, places, tints = colour.compare_paper(images, KINDS[kind][0]())
    commonest = np.unique(places, axis=0, return_counts=True)[1].max() / COUNT
    shares = matches.mean(), commonest, tints.std(axis=0).mean()
    values = [*(found[name] for name in FIGURES[:2]), *shares]
    return {name: round(float(value), 3) for name, value in zip(FIGURES, values)}


def train(name, seed):
    """Trains one of `NAMES` by a seed.

    Returns:
        A list of dicts, one each time that D is asked: `step`, and the shares that are
        told in `paper` and `strokes`, by what is wrong; of a GAN, `FIGURES`, too.
    """
    if name in GANS:
        return train_gan(name, seed)
    parts = [train_alone(name, part, seed) for part in ("paper", "strokes")]
    return [
        {"step": step}
        | {"paper": {"mirrored": paper}, "strokes": {"mirrored": strokes}}
        for step, paper, strokes in zip(ALONE_AT, *parts)
    ]


def mirror(part, paper, stencil):
    """Returns both parts, one of them mirrored."""
    if part == "paper":
        return paper[:, :, ::-1], stencil
    return paper, stencil[:, :, ::-1]


def train_alone(name, part, seed):
    """Trains a D to tell images with a mirrored part from real ones.

    Returns:
        The share of test images that it takes for more real than what became of them,
        after each of `ALONE_AT`.
    """
    digits = choose_digits(name, data.load_mnist()[0][0][: 2 * ALONE_OF])
    paper, stencil = real_parts("colour", digits, seed)
    lay = SCENES[name]
    wrong = lay(*mirror(part, paper[ALONE_OF:], stencil[ALONE_OF:]))
    kinds = [lay(paper[:ALONE_OF], stencil[:ALONE_OF]), wrong]
    asked = real_parts("colour", choose_digits(name, test_digits()), seed + 1)
    discriminator = COLOUR.build_networks(seed)["discriminator"]
    adam = make_recipe("colour").optimizers["discriminator"]()
    random, shares = np.random.default_rng(seed), []

    @tf.function
    def move(real_images, wrong_images):
        with tf.GradientTape() as tape:
            real, wrong = (
                discriminator(each, training=True)
                for each in (real_images, wrong_images)
            )
            loss = tf.add_n(COLOUR.discriminator_loss(real, wrong))
        weights = discriminator.trainable_variables
        adam.apply(tape.gradient(loss, weights), weights)

    adam.build(discriminator.trainable_variables)
    for step in range(1, ALONE_AT[-1] + 1):
        move(*(each[random.integers(0, ALONE_OF, BATCH_SIZE)] for each in kinds))
        if step in ALONE_AT:
            real, changed = (
                ask(discriminator, lay(*each)) for each in (asked, mirror(part, *asked))
            )
            shares.append(round(float((real > changed).mean()), 3))
    return shares


def train_gan(name, seed):
    """Trains the lesson's GAN, and asks D about one change of each part."""
    kind, steps, how = GANS[name]
    recipe = make_recipe(kind)
    gan, found = recipe.build(seed), []
    paper, stencil = real_parts(kind, test_digits(), seed + 1)
    for until in steps:
        gan.fit(
            recipe.batches(seed, gan.step), steps_per_epoch=until - gan.step, verbose=0
        )
        drawn = drawn_parts(gan.generator, ASKED, seed)
        shares = told(gan.discriminator, paper, stencil, *drawn, seed)
        shares = {part: {how: changes[how]} for part, changes in shares.items()}
        found.append({"step": gan.step} | shares | measure(kind, gan, seed))
    return found


def of_seeds(name, step, *keys):
    """Returns what the shipped record holds after a step, one value for each seed.

    Example:
        >>> len(of_seeds("colour", 800, "match"))
        3
    """
    values = []
    for rows in records.read(PLACE, SCHEMA)[name].values():
        (value,) = (row for row in rows if row["step"] == step)
        for key in keys:
            value = value[key]
        values.append(value)
    return values


def lay_out(record):
    """Returns shares and figures as text, a line for each step and seed."""
    lines = [f"{'':20}seed  step   wrong paper, strokes told  score  Fréchet  match"]
    for name, by_seed in record.items():
        how = GANS[name][2] if name in GANS else "mirrored"
        for seed, rows in by_seed.items():
            for row in rows:
                told = "".join(
                    f"{row[part][how]:9.0%}" for part in ("paper", "strokes")
                )
                line = f"{name:20}{seed:>4} {row['step']:>5}   {told}"
                if FIGURES[0] in row:
                    score, distance, match = (row[each] for each in FIGURES[:3])
                    line += f"{score:15.2f} {distance:8.1f} {match:6.2f}"
                lines.append(line)
    return "\n".join(lines)


def main(arguments=None):
    plan = dict.fromkeys(NAMES, SEEDS)
    shipped.run_trainings("colouring", PLACE, SCHEMA, plan, train, lay_out, arguments)


if __name__ == "__main__":
    main()
