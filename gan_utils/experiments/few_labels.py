"""Trains classifiers on few labelled digits, alone and with a GAN's help, draw by draw.

python -m gan_utils.experiments.few_labels [--out data/few_labels.json] [--show]

The GAN's discriminator reads ten kinds; all 60,000 digits tell it what is real, a hundred
of them what is what. Writes the record after each training and goes on from what is
there. `--show` prints the shipped one.
"""

from gan_utils import losses, paths, steps
from gan_utils.models.parts import initialize

import keras
import tensorflow as tf
from keras import layers

PLACE = paths.MNIST.with_name("few_labels.json")
DRAWS = (0, 1, 2, 3, 4)  # of which digits are labelled
EACH = 10  # labelled digits of each kind
STEPS = {"alone": 2000, "with a GAN": 6000}
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
