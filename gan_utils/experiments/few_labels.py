"""Trains classifiers on few labelled digits, alone and with a GAN's help, draw by draw.

python -m gan_utils.experiments.few_labels [--out data/few_labels.json] [--show]

The GAN's discriminator reads ten kinds; all 60,000 digits tell it what is real, and a
hundred of them what is what. Writes the record after each training and goes on from
what is there. `--show` prints the shipped one.
"""

from functools import partial

from gan_utils import data, losses, models, paths, steps
from gan_utils.experiments import shipped
from gan_utils.gan import GAN
from gan_utils.models.parts import initialize

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from keras.optimizers import Adam
from keras.optimizers.schedules import CosineDecay

PLACE = paths.MNIST.with_name("few_labels.json")
DRAWS = (0, 1, 2, 3, 4)  # of which digits are labelled
EACH = 10  # labelled digits of each kind
STEPS = {"alone": 2000, "with a GAN": 6000}
TIMES = 4  # how often a training is measured
BATCH_SIZE = 64
FIGURE = {"type": "number", "minimum": 0, "maximum": 1}
SCHEMA = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "additionalProperties": {"type": "array", "minItems": 1, "items": FIGURE},
    },
}


def build_reader(seed=0):
    """Builds a D whose ten logits say what a digit is, and together whether it is real.

    Returns:
        A `keras.Model` from float32 `(n, 28, 28, 1)` in [-1, 1] to float32 logits
        `(n, 10)` and the features before them, `(n, 256)`.

    Source:
        Salimans et al., Improved Techniques for Training GANs, 2016, section 5: with
        noise in D, and without batch norm.
    """
    images = keras.Input((28, 28, 1))
    x = layers.GaussianNoise(0.3, seed=seed)(images)
    for place, (channels, stride) in enumerate(((32, 2), (64, 1), (128, 2))):
        x = layers.Conv2D(channels, 3, stride, padding="same")(x)
        x = layers.LeakyReLU(negative_slope=0.2)(x)
        x = layers.Dropout(0.2, seed=seed + 1 + place)(x)
    x = layers.Dense(256)(layers.Flatten()(x))
    features = layers.LeakyReLU(negative_slope=0.2)(x)
    network = keras.Model(images, [layers.Dense(10)(features), features])
    network.name = "discriminator"
    return initialize(network, seed)


def few_labels_step(gan, batch, latents):
    """Updates D by few labels and by what is real, and G to match D's features.

    The log of the sum of exponentials of D's ten logits is the logit of "real".

    Args:
        gan: as for `steps.adversarial_step`, with a D as `build_reader` makes it.
        batch: `((images, labels), real_images)`.
        latents: float32 `(n, latent_dim)`.

    Returns:
        A dict of numbers by name, as steps return it.

    Source:
        Salimans et al., Improved Techniques for Training GANs, 2016, sections 3.1
        and 5.
    """
    (images, labels), real_images = batch
    with tf.GradientTape(persistent=True) as tape:
        fake_images = gan.generator(latents, training=True)
        read, _ = gan.discriminator(images, training=True)
        real, real_features = gan.discriminator(real_images, training=True)
        fake, fake_features = gan.discriminator(fake_images, training=True)
        logits = [tf.reduce_logsumexp(each, axis=1) for each in (real, fake)]
        loss_real = losses.cross_entropy(logits[0], 1.0)
        loss_fake = losses.cross_entropy(logits[1], 0.0)
        reading_loss = steps.label_cross_entropy(read, labels)
        discriminator_loss = reading_loss + (loss_real + loss_fake) / 2
        means = [
            tf.reduce_mean(each, axis=0) for each in (real_features, fake_features)
        ]
        generator_loss = tf.reduce_mean(tf.square(means[0] - means[1]))
    steps.move(gan.discriminator, gan.discriminator_optimizer, tape, discriminator_loss)
    steps.move(gan.generator, gan.generator_optimizer, tape, generator_loss)
    values = dict(zip(steps.LOSSES, (generator_loss, loss_real, loss_fake)))
    return values | {"reading_loss": reading_loss} | steps.opinions(*logits)


def choose(labels, draw):
    """Draws which digits are labelled.

    Args:
        labels: integers `(n,)` from 0 to 9.
        draw: decides the choice.

    Returns:
        Places of `EACH` of every kind, int64 `(10 * EACH,)`.
    """
    generator = np.random.default_rng(draw)
    places = [np.flatnonzero(labels == kind) for kind in range(10)]
    return np.concatenate([generator.choice(own, EACH, False) for own in places])


def accuracy(classifier):
    """Measures which share of the test digits is read right.

    Args:
        classifier: a `keras.Model` from float32 `(n, 28, 28, 1)` in [-1, 1] to logits
            `(n, 10)`.
    """
    _, (images, labels) = data.load_mnist()
    logits = classifier.predict(data.scale_pixels(images), 1000, verbose=0)
    return round(float((logits.argmax(axis=1) == labels).mean()), 4)


def logits_of(reader):
    """Returns `build_reader`'s network without the features; it shares its weights."""
    return keras.Model(reader.inputs, reader.outputs[0])


def falling(steps):
    """Makes Adam with a rate that follows a half cosine over so many steps."""
    return Adam(CosineDecay(1e-3, steps, alpha=0.02), beta_1=0.5)


def make_alone(draw, images, labels):
    """Makes a reader that learns from labelled digits alone.

    Args:
        draw: which digits are labelled, and the seed.
        images: uint8 `(n, 28, 28)`, all there are.
        labels: integers `(n,)`, of which `EACH` of a kind are used.

    Returns:
        The reader, from images to logits; a model to fit; a function from the number
        of steps done to the batches that come then.
    """
    chosen = choose(labels, draw)
    own, kinds = images[chosen], labels[chosen]
    reader = logits_of(build_reader(draw))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    reader.compile(falling(STEPS["alone"]), loss)
    batches = partial(data.batches, own, BATCH_SIZE, draw, labels=kinds)
    return reader, reader, batches


def make_helped(draw, images, labels):
    """Makes a reader that is a GAN's D; arguments and results are `make_alone`'s."""
    _, _, labelled = make_alone(draw, images, labels)
    discriminator = build_reader(draw)
    generator = models.build_mapped_generator(seed=draw)
    gan = GAN(generator, discriminator, draw, step=few_labels_step)
    gan.compile(Adam(1e-3, beta_1=0.5), falling(STEPS["with a GAN"]))

    def batches(first_step):
        real = data.batches(images, BATCH_SIZE, draw + 100, first_step)
        return tf.data.Dataset.zip((labelled(first_step=first_step), real))

    return logits_of(discriminator), gan, batches


MAKERS = {"alone": make_alone, "with a GAN": make_helped}


def train(name, draw):
    """Trains one reader once.

    Args:
        name: one of `MAKERS`.
        draw: which digits are labelled, and the seed.

    Returns:
        Shares of the test digits that it reads right, after each of `TIMES` equal
        parts of the training.
    """
    (images, labels), _ = data.load_mnist()
    reader, model, batches = MAKERS[name](draw, images, labels)
    part = STEPS[name] // TIMES
    found = []
    for done in range(0, STEPS[name], part):
        model.fit(batches(first_step=done), steps_per_epoch=part, verbose=0)
        found.append(accuracy(reader))
    return found


def lay_out(record):
    """Returns what was read right at the end, in Markdown, a column for each draw."""
    lines = [f"| | {' | '.join(f'draw {draw}' for draw in DRAWS)} | mean |"]
    lines.append("|---" * (len(DRAWS) + 2) + "|")
    for name, by_draw in record.items():
        last = [found[-1] for found in by_draw.values()]
        cells = [f"{share:.2%}" for share in (*last, np.mean(last))]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main(arguments=None):
    plan = dict.fromkeys(MAKERS, DRAWS)
    shipped.run_trainings("few_labels", PLACE, SCHEMA, plan, train, lay_out, arguments)


if __name__ == "__main__":
    main()
