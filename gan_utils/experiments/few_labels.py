"""Trains classifiers on few labelled digits, alone and with a GAN's help, draw by draw.

python -m gan_utils.experiments.few_labels [--out data/few_labels.json] [--show]

The GAN's discriminator reads ten kinds; 50,000 digits tell it what is real, and a
hundred of them what is what. Nobody learns from the last 10,000 training digits: they
chose sizes, rates and steps, by draw 0. Writes the record after each training and goes
on from what is there. `--show` prints the shipped one.
"""

from functools import partial

from gan_utils import data, fitting, losses, models, paths, steps
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
EACH = 10  # labelled digits of each kind
HELD_OUT = 10_000  # training digits to choose by
TIMES = 4  # how often a training is measured
BATCH_SIZE = 100
LABELLED = 25  # labelled digits in a batch
HIDDEN = (500, 250, 250)  # units of D's hidden layers
SHARE = {"type": "number", "minimum": 0, "maximum": 1}
FOUND = {
    "type": "object",
    "additionalProperties": False,
    "required": ["rate", "held out", "test"],
    "properties": {
        "rate": {"type": "number", "exclusiveMinimum": 0},
        "held out": {"type": "array", "minItems": 1, "items": SHARE},
        "test": SHARE,
    },
}
SCHEMA = {
    "type": "object",
    "additionalProperties": {"type": "object", "additionalProperties": FOUND},
}


@keras.saving.register_keras_serializable("gan_utils")
class NormalizedDense(layers.Dense):
    """A dense layer of directions, the columns of its kernel, and scales for them.

    Args:
        units: outputs.
        activation: as in `keras.layers.Dense`.
        **options: as in `keras.layers.Dense`.

    Source:
        Salimans and Kingma, Weight Normalization, 2016.
    """

    def __init__(self, units, activation=None, **options):
        options.setdefault(
            "kernel_initializer", keras.initializers.RandomNormal(0, 0.1)
        )
        super().__init__(units, activation, **options)

    def build(self, shape):
        super().build(shape)
        self.scale = self.add_weight(
            shape=(self.units,), initializer="ones", name="scale"
        )

    def sums(self, inputs):
        """Returns what the activation is given, float32 `(n, units)`."""
        lengths = tf.norm(self.kernel, axis=0)
        return tf.matmul(inputs, self.kernel * (self.scale / lengths)) + self.bias

    def call(self, inputs):
        return self.activation(self.sums(inputs))


def settle_scales(network, images):
    """Sets scales and biases so that all sums have mean 0 and variance 1 on images.

    Args:
        network: a chain of layers, as `build_reader` makes it; it is changed in place.
        images: float32 `(n, 28, 28, 1)` in [-1, 1], a large batch.

    Source:
        Salimans and Kingma, Weight Normalization, 2016, section 3.
    """
    x = images
    for layer in network.layers[1:]:
        if isinstance(layer, NormalizedDense):
            mean, variance = tf.nn.moments(layer.sums(x), axes=0)
            layer.scale.assign(layer.scale / tf.sqrt(variance))
            layer.bias.assign((layer.bias - mean) / tf.sqrt(variance))
        noisy = {"training": True} if isinstance(layer, layers.GaussianNoise) else {}
        x = layer(x, **noisy)


def build_reader(seed=0):
    """Builds a D whose ten logits say what a digit is, and together whether it is real.

    Noise stands before each layer.

    Args:
        seed: an integer from 0.

    Returns:
        A `keras.Model` from float32 `(n, 28, 28, 1)` in [-1, 1] to float32 logits
        `(n, 10)` and the features before them, `(n, HIDDEN[-1])`.

    Source:
        Salimans et al., Improved Techniques for Training GANs, 2016, section 5, and
        its code, with five hidden layers, up to 1,000 units in each, and the hidden
        layers' scales fixed.
    """
    images = keras.Input((28, 28, 1))
    x = layers.Rescaling(0.5, 0.5)(layers.Flatten()(images))
    x = layers.GaussianNoise(0.3, seed=seed)(x)
    for place, units in enumerate(HIDDEN):
        features = NormalizedDense(units, "relu")(x)
        x = layers.GaussianNoise(0.5, seed=seed + 1 + place)(features)
    logits = NormalizedDense(10)(x)
    network = keras.Model(images, [logits, features], name="discriminator")
    return initialize(network, seed)


def build_generator(seed=0):
    """Builds a dense G, from points of the unit cube, `(n, 100)`, to images.

    Returns:
        A `keras.Model` to float32 `(n, 28, 28, 1)` in [-1, 1].

    Source:
        As for `build_reader`, with 500 units for each 300.
    """
    network = keras.Sequential([keras.Input((100,))], name="generator")
    for _ in range(2):
        network.add(layers.Dense(300, use_bias=False))
        network.add(models.batch_norm())
        network.add(layers.Activation("softplus"))
    network.add(NormalizedDense(28 * 28, "sigmoid"))
    network.add(layers.Rescaling(2, -1))
    network.add(layers.Reshape((28, 28, 1)))
    return initialize(network, seed)


def few_labels_step(gan, batch, latents):
    """Updates D by few labels and by what is real, and G to match D's features.

    The log of the sum of exponentials of D's ten logits is the logit of "real".

    Args:
        gan: as for `steps.adversarial_step`, with a D as `build_reader` makes it.
        batch: `(real_images, (images, labels))`; there may be more real images.
        latents: float32 `(n, latent_dim)`, a point for each real image.

    Returns:
        A dict of numbers by name, as steps return it.

    Source:
        Salimans et al., Improved Techniques for Training GANs, 2016, sections 3.1
        and 5.
    """
    real_images, (images, labels) = batch
    with tf.GradientTape(persistent=True) as tape:
        fake_images = gan.generator(latents, training=True)
        parts = [images, real_images, fake_images]
        counts = [tf.shape(part)[0] for part in parts]
        answers = gan.discriminator(tf.concat(parts, axis=0), training=True)
        read, real, fake = tf.split(answers[0], counts)
        _, real_features, fake_features = tf.split(answers[1], counts)
        logits = [tf.reduce_logsumexp(each, axis=1) for each in (real, fake)]
        loss_real = losses.cross_entropy(logits[0], 1.0)
        loss_fake = losses.cross_entropy(logits[1], 0.0)
        reading_loss = steps.label_cross_entropy(read, labels)
        discriminator_loss = reading_loss + (loss_real + loss_fake) / 2
        apart = tf.reduce_mean(real_features, 0) - tf.reduce_mean(fake_features, 0)
        generator_loss = tf.reduce_mean(tf.square(apart))
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


def share_right(classifier, images, labels):
    """Measures which share of digits is read right.

    Args:
        classifier: a `keras.Model` from float32 `(n, 28, 28, 1)` in [-1, 1] to logits
            `(n, 10)`.
        images: uint8 `(n, 28, 28)`.
        labels: integers `(n,)`.
    """
    logits = classifier.predict(data.scale_pixels(images), 1000, verbose=0)
    return round(float((logits.argmax(axis=1) == labels).mean()), 4)


def accuracy(classifier):
    """Measures which share of the test digits is read right; see `share_right`."""
    _, (images, labels) = data.load_mnist()
    return share_right(classifier, images, labels)


def logits_of(reader):
    """Returns `build_reader`'s network without the features; it shares its weights."""
    return keras.Model(reader.inputs, reader.outputs[0])


def settled_reader(draw, images):
    """Builds D with its scales set by the first 500 images, uint8 `(n, 28, 28)`."""
    reader = build_reader(draw + 1)
    settle_scales(reader, data.scale_pixels(images[:500]))
    return reader


def labelled_batches(draw, images, labels):
    """Returns a function from the first step to batches of the labelled digits."""
    chosen = choose(labels, draw)
    return partial(data.batches, images[chosen], LABELLED, draw, labels=labels[chosen])


def falling(rate, count):
    """Makes Adam with a rate that follows a half cosine over so many steps."""
    return Adam(CosineDecay(rate, count, alpha=0.02), beta_1=0.5, epsilon=1e-4)


def make_alone(draw, rate, images, labels, steps_in_all, convolutional=False):
    """Makes a reader that learns from labelled digits alone.

    Args:
        draw: which digits are labelled, and the seed.
        rate: Adam's, at the beginning.
        images: uint8 `(n, 28, 28)`, all there are.
        labels: integers `(n,)`, of which `EACH` of a kind are used.
        steps_in_all: over which the rate falls.
        convolutional: whether it is the shipped classifier's network, which moves
            digits over their paper, and not the GAN's D.

    Returns:
        The reader, from images to logits; a model to fit; a function from the number
        of steps done to the batches that come then.
    """
    if convolutional:
        reader = models.build_classifier(draw + 1)
    else:
        reader = logits_of(settled_reader(draw, images))
    model = fitting.Trainable({"classifier": reader}, steps.classifier_step)
    optimizer = falling(rate, steps_in_all)
    model.compile(
        {"classifier": (optimizer, reader.trainable_variables)}, steps_in_all // TIMES
    )
    return reader, model, labelled_batches(draw, images, labels)


def make_helped(draw, rate, images, labels, steps_in_all, still=False):
    """Makes a reader that is a GAN's D.

    Arguments and results are `make_alone`'s, but for `still`: whether G stays as it
    was built and never learns.
    """
    discriminator = settled_reader(draw, images)
    gan = GAN(
        build_generator(draw),
        discriminator,
        draw,
        averaging=None,
        prior=tf.random.stateless_uniform,
        step=few_labels_step,
    )
    adam = Adam(0.0 if still else rate, beta_1=0.5, epsilon=1e-4)
    gan.compile(
        adam, falling(rate, steps_in_all), steps_per_execution=steps_in_all // TIMES
    )
    labelled = labelled_batches(draw, images, labels)

    def batches(first_step):
        real = data.batches(images, BATCH_SIZE, draw + 100, first_step)
        return tf.data.Dataset.zip((real, labelled(first_step=first_step)))

    return logits_of(discriminator), gan, batches


MAKERS = {
    "alone": make_alone,
    "alone, convolutional": partial(make_alone, convolutional=True),
    "with a still G": partial(make_helped, still=True),
    "with a GAN": make_helped,
}
DRAWS = (0, 1, 2, 3, 4)  # of the digits that are labelled
# Of several, the one with which most of the held-out digits are read right counts.
RATES = {
    "alone": (0.03, 0.01, 0.003, 0.001, 0.0003),
    "alone, convolutional": (0.01, 0.003, 0.001, 0.0003),
    "with a still G": (0.005,),
    "with a GAN": (0.005,),
}
STEPS = {
    "alone": 2000,
    "alone, convolutional": 2000,
    "with a still G": 24_000,
    "with a GAN": 24_000,
}


def train_at(name, draw, rate):
    """Trains one reader once, at one rate.

    Args:
        name: one of `MAKERS`.
        draw: which digits are labelled, and the seed.
        rate: Adam's, at the beginning.

    Returns:
        The reader, and shares of the held-out digits that it reads right, after each
        of `TIMES` equal parts of the training.
    """
    (images, labels), _ = data.load_mnist()
    known = images[:-HELD_OUT], labels[:-HELD_OUT]
    reader, model, batches = MAKERS[name](draw, rate, *known, STEPS[name])
    part = STEPS[name] // TIMES
    shares = []
    for done in range(0, STEPS[name], part):
        model.fit(batches(first_step=done), steps_per_epoch=part, verbose=0)
        shares.append(share_right(reader, images[-HELD_OUT:], labels[-HELD_OUT:]))
    return reader, shares


def train(name, draw):
    """Trains a reader at each of its rates; the held-out digits choose one.

    Args:
        name: one of `MAKERS`.
        draw: which digits are labelled, and the seed.

    Returns:
        A dict: `rate`, the one that was chosen; `held out`, its shares as `train_at`
        returns them; `test`, the share of the test digits that are read right.
    """
    tries = [(rate, *train_at(name, draw, rate)) for rate in RATES[name]]
    rate, reader, shares = max(tries, key=lambda found: found[2][-1])
    return {"rate": rate, "held out": shares, "test": accuracy(reader)}


def lay_out(record):
    """Returns what was read right of the test digits, in Markdown, by draw."""
    lines = [f"| | {' | '.join(f'draw {draw}' for draw in DRAWS)} | mean |"]
    lines.append("|---" * (len(DRAWS) + 2) + "|")
    for name, by_draw in record.items():
        shares = [found["test"] for found in by_draw.values()]
        cells = " | ".join(f"{share:.2%}" for share in shares)
        lines.append(f"| {name} | {cells} | {np.mean(shares):.2%} |")
    return "\n".join(lines) + "\n"


def main(arguments=None):
    plan = dict.fromkeys(MAKERS, DRAWS)
    shipped.run_trainings("few_labels", PLACE, SCHEMA, plan, train, lay_out, arguments)


if __name__ == "__main__":
    main()
