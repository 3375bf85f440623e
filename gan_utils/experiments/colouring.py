"""Asks D what it tells from coloured digits: those with wrong paper, or wrong strokes.

python -m gan_utils.experiments.colouring [--out data/colouring.json] [--show]

Lesson 12's GAN, with batch norm in D and without, and a D alone that is shown mirrored
paper: by batches of one kind, by mixed ones, without batch norm, and with faint ink;
seed by seed. Each D is asked both by batches of one kind and by mixed ones. Writes the
record after each training and goes on from what stands there; a training takes half a
minute of one core. `--show` prints the shipped record.
"""

import dataclasses
from collections.abc import Callable

from gan_utils import colour, data, latent, paths, records
from gan_utils.experiments import shipped
from gan_utils.models import build_discriminator, latent_dim
from gan_utils.recipes import COLOUR, SMALL, over_portrait
from gan_utils.settings import adams

import keras
import numpy as np
import tensorflow as tf

PLACE = paths.MNIST.with_name("colouring.json")
SEEDS = (0, 1, 2)
GAN_AT = 200  # steps of a GAN; the lesson goes on to 1,500
ASKED = 512  # pairs of images that D is asked about
PAPER_DIM = 16  # as in the recipe
ALONE_AT = (80, 160, 240)  # steps of a D without a G
ALONE_OF = 8000  # images of each kind that it learns from
BATCH_SIZE = 64
FAINT = 0.5  # of the paper's darkness, where ink else is its negative
WAYS = {"one kind": False, "mixed": True}  # of asking: are batches mixed?
SHARES = {
    "type": "object",
    "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1},
}
PARTS = {
    "type": "object",
    "required": ["paper"],
    "properties": {"paper": SHARES, "strokes": SHARES},
}
SCHEMA = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "additionalProperties": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["step", *WAYS],
                "properties": dict.fromkeys(WAYS, PARTS),
            },
        },
    },
}


def white_lamp(pieces, tints):
    """Lights pieces as `colour.shine` does, all three channels alike."""
    return colour.shine(pieces, tints[..., :1].repeat(3, axis=3))


def faint_ink(paper, stencil):
    """Lays ink that is `FAINT` as dark as the paper under it."""
    return paper * np.where(stencil < 0, np.float32(FAINT), np.float32(1))


@dataclasses.dataclass(frozen=True)
class Scene:
    """How a D alone learns: what ink is like, its batches, and its batch norm."""

    lay: Callable = np.multiply  # the paper's negative, as everywhere
    mixed: bool = False
    norm: bool = True


GANS = {"GAN, batch norm": True, "GAN, no batch norm": False}
SCENES = {
    "D alone, one kind": Scene(),
    "D alone, mixed": Scene(mixed=True),
    "D alone, no batch norm": Scene(norm=False),
    "D alone, faint ink": Scene(lay=faint_ink),
}
NAMES = (*GANS, *SCENES)


def make_recipe(norm=True):
    """Returns the recipe of `colour` with the lesson's rates, or D without its norm."""

    def build(seed=0):
        return build_discriminator(seed=seed, shape=SMALL, norm=keras.layers.Identity)

    return COLOUR.vary(
        networks=COLOUR.networks | ({} if norm else {"discriminator": build}),
        optimizers=adams(1e-3, 5e-4, beta_2=0.99),
        steps=GAN_AT,
    )


def real_parts(digits, seed):
    """Returns paper and stencils of coloured digits, whose product they are.

    Returns:
        float32 `(n, 32, 32, 3)` from -1 to 0, and `(n, 32, 32, 1)`, 1 for paper and
        -1 for ink.
    """
    paper, images = (
        over_portrait(part, seed) for part in (np.zeros_like(digits), digits)
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

    All images are scattered by one order. Left out, paper is black, and a stencil has
    no ink.
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


def ask(discriminator, real, wrong, mixed=False):
    """Asks D about real and wrong images with `training=True`, without dropout.

    A copy is asked, since an answer moves what batch norm remembers.

    Args:
        discriminator: as `build_discriminator` makes it.
        real: float `(n, side, side, channels)`, n a multiple of `BATCH_SIZE`.
        wrong: of the same shape, what became of the real ones.
        mixed: whether half of each batch is real and half is what became of it; else
            a batch is of one kind, as while training.

    Returns:
        Logits of the real and of the wrong images, each `(n,)`.
    """
    channels = discriminator.layers[0].filters
    kinds = {type(layer) for layer in discriminator.layers}
    plain = keras.layers.BatchNormalization not in kinds
    options = {"norm": keras.layers.Identity} if plain else {}
    asked = build_discriminator(channels, 0, real.shape[1:], dropout=0, **options)
    asked.set_weights(discriminator.get_weights())

    def answer(images):
        return asked(images.astype(np.float32), training=True).numpy()[:, 0]

    if not mixed:
        parts = len(real) // BATCH_SIZE
        return tuple(
            np.concatenate([answer(batch) for batch in np.split(images, parts)])
            for images in (real, wrong)
        )
    parts = 2 * len(real) // BATCH_SIZE
    logits = [
        answer(np.concatenate(halves)).reshape(2, -1)
        for halves in zip(np.split(real, parts), np.split(wrong, parts))
    ]
    return tuple(np.concatenate(logits, axis=1))


def pairs_right(discriminator, real, wrong, mixed=False):
    """Returns the share of pairs whose real image D takes for more real; see `ask`."""
    of_real, of_wrong = ask(discriminator, real, wrong, mixed)
    return round(float((of_real > of_wrong).mean()), 3)


def told(discriminator, paper, stencil, drawn_paper, drawn_stencil, seed, mixed=False):
    """Measures what D tells from real images in which one part was changed.

    Returns:
        A dict: for `paper` and `strokes`, by what was done to them, the share of
        `pairs_right`.
    """
    papers = {"drawn by G": drawn_paper, **spoil(paper, seed)}
    stencils = {"drawn by G": drawn_stencil, **spoil(stencil, seed)}
    wrong = {
        "paper": {how: part * stencil for how, part in papers.items()},
        "strokes": {how: paper * part for how, part in stencils.items()},
    }
    real = paper * stencil
    return {
        part: {
            how: pairs_right(discriminator, real, images, mixed)
            for how, images in changes.items()
        }
        for part, changes in wrong.items()
    }


def train(name, seed):
    """Trains one of `NAMES` by a seed.

    Returns:
        A list of dicts, one each time that D is asked: `step`, and for each of `WAYS`
        the shares that are told in `paper`, by what is wrong; of a GAN also those in
        `strokes`.
    """
    if name in GANS:
        return train_gan(GANS[name], seed)
    return train_alone(SCENES[name], seed)


def train_alone(scene, seed):
    """Trains a D to tell images with mirrored paper from real ones; see `train`."""
    digits = data.load_mnist()[0][0][: 2 * ALONE_OF]
    paper, stencil = real_parts(digits, seed)
    kinds = [
        scene.lay(paper[:ALONE_OF], stencil[:ALONE_OF]),
        scene.lay(paper[ALONE_OF:, :, ::-1], stencil[ALONE_OF:]),
    ]
    paper, stencil = real_parts(test_digits(), seed + 1)
    asked = scene.lay(paper, stencil), scene.lay(paper[:, :, ::-1], stencil)
    recipe = make_recipe(scene.norm)
    discriminator = recipe.build_networks(seed)["discriminator"]
    adam = recipe.optimizers["discriminator"]()
    random, found = np.random.default_rng(seed), []

    @tf.function
    def move(*images):
        with tf.GradientTape() as tape:
            if scene.mixed:
                both = discriminator(tf.concat(images, 0), training=True)
                real, wrong = both[:BATCH_SIZE], both[BATCH_SIZE:]
            else:
                real, wrong = (discriminator(each, training=True) for each in images)
            loss = tf.add_n(recipe.discriminator_loss(real, wrong))
        weights = discriminator.trainable_variables
        adam.apply(tape.gradient(loss, weights), weights)

    adam.build(discriminator.trainable_variables)
    for step in range(1, ALONE_AT[-1] + 1):
        move(*(each[random.integers(0, ALONE_OF, BATCH_SIZE)] for each in kinds))
        if step in ALONE_AT:
            shares = {
                way: {"paper": {"mirrored": pairs_right(discriminator, *asked, mixed)}}
                for way, mixed in WAYS.items()
            }
            found.append({"step": step} | shares)
    return found


def train_gan(norm, seed):
    """Trains the lesson's GAN, and asks D about all changes of each part."""
    recipe = make_recipe(norm)
    gan = recipe.build(seed)
    gan.fit(recipe.batches(seed, 0), steps_per_epoch=recipe.steps, verbose=0)
    paper, stencil = real_parts(test_digits(), seed + 1)
    parts = paper, stencil, *drawn_parts(gan.generator, ASKED, seed)
    shares = {
        way: told(gan.discriminator, *parts, seed, mixed) for way, mixed in WAYS.items()
    }
    return [{"step": gan.step} | shares]


def of_seeds(name, step, *keys):
    """Returns what the shipped record holds after a step, one value for each seed.

    Example:
        >>> len(of_seeds("D alone, mixed", 160, "mixed", "paper", "mirrored"))
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
    """Returns the shares of mirrored paper as text, a line for each step and seed."""
    ways = "".join(f"{way:>10}" for way in WAYS)
    lines = [f"{'mirrored paper told':23}seed  step{ways}"]
    for name, by_seed in record.items():
        for seed, rows in by_seed.items():
            for row in rows:
                shares = "".join(
                    f"{row[way]['paper']['mirrored']:10.0%}" for way in WAYS
                )
                lines.append(f"{name:23}{seed:>4} {row['step']:>5}{shares}")
    return "\n".join(lines)


def main(arguments=None):
    plan = dict.fromkeys(NAMES, SEEDS)
    shipped.run_trainings("colouring", PLACE, SCHEMA, plan, train, lay_out, arguments)


if __name__ == "__main__":
    main()
