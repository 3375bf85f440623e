"""Small models that many tests train, and what compares two of them.

`make_gan` has convolutions. Where those add nothing, take `make_dense_gan`, which draws
images too, or `make_plane_gan`: they take a millisecond a step.
"""

import functools

from gan_utils import checkpoints, data, fitting, losses, models, playground, steps
from gan_utils.gan import GAN
from gan_utils.models import classics

import keras
import numpy as np
import tensorflow as tf

LATENT_DIM = 8
IMAGES = np.random.default_rng(0).integers(0, 256, (64, 28, 28), np.uint8)
LABELS = np.arange(len(IMAGES)) % 10


def adam():
    return keras.optimizers.Adam(1e-3, beta_1=0.5)


def make_gan(seed=0, averaging=0.2, dropout=0.0, steps_per_execution=2, **options):
    """Builds a small GAN of images; without dropout a step can be worked out again."""
    gan = GAN(
        models.build_generator(LATENT_DIM, channels=4, seed=seed),
        models.build_discriminator(channels=4, seed=seed, dropout=dropout),
        seed=seed,
        averaging=averaging,
    )
    gan.compile(adam(), adam(), steps_per_execution=steps_per_execution, **options)
    return gan


def make_dense_gan(seed=0, averaging=0.2, steps_per_execution=2):
    """Builds dense networks for images, G with batch norm and D with dropout."""
    # Keras counts layers as it names them; under other names the same network has
    # trained to other roundings. So the names begin anew.
    keras.utils.clear_session(free_memory=False)
    dropout = functools.partial(keras.layers.Dropout, 0.3, seed=seed)
    gan = GAN(
        classics.build_dense_generator(
            seed, (LATENT_DIM, 16, 784), "tanh", behind=(models.batch_norm,)
        ),
        classics.build_dense_discriminator(seed, (784, 16, 1), behind=(dropout,)),
        seed=seed,
        averaging=averaging,
    )
    gan.compile(adam(), adam(), steps_per_execution=steps_per_execution)
    return gan


def make_plane_gan(seed=0, steps_per_execution=2, **options):
    """Builds the GAN of the plane, without batch norm and dropout."""
    return playground.build_gan(
        seed, steps_per_execution=steps_per_execution, **options
    )


def fit(gan, steps, callbacks=()):
    """Trains on images up to a number of steps, two an interval."""
    batches = data.batches(IMAGES, 16, seed=0, first_step=gan.step)
    return _fit(gan, batches, steps, callbacks)


def fit_plane(gan, steps, callbacks=()):
    """Trains on the ring up to a number of steps, two an interval."""
    batches = playground.RING.batches(16, seed=0, first_step=gan.step)
    return _fit(gan, batches, steps, callbacks)


def _fit(gan, batches, steps, callbacks):
    return gan.fit(
        batches,
        initial_epoch=gan.step // 2,
        epochs=steps // 2,
        steps_per_epoch=2,
        callbacks=list(callbacks),
        verbose=0,
    )


def train_classifier(steps_in_all, folder=None):
    """Trains a classifier of digits, from its newest checkpoint if it has one.

    It is small; digits move over their paper and values drop out as in the real one.
    """
    parts = [
        keras.Input((28, 28, 1)),
        keras.layers.RandomTranslation(0.1, 0.1, fill_mode="constant", seed=2),
        keras.layers.Flatten(),
        *models.build_layers((784, 16, 10)),
    ]
    parts.insert(-1, keras.layers.Dropout(0.3, seed=0))
    classifier = models.initialize(keras.Sequential(parts, name="classifier"), 0)
    model = fitting.Trainable({"classifier": classifier}, steps.classifier_step)
    model.compile({"classifier": (adam(), classifier.trainable_variables)})
    savers = [checkpoints.Checkpoint(model, folder, seconds=0)] if folder else []

    def make_batches(first_step):
        return data.batches(IMAGES, 16, 0, first_step, LABELS)

    fitting.fit_until(model, make_batches, steps_in_all, 2, savers)
    return model


def bad_from(step, value):
    """A generator loss that is `value` from one call of the graph on."""
    count = tf.Variable(0, dtype=tf.int64)

    def loss(fake_logits):
        fine = losses.non_saturating_generator_loss(fake_logits)
        is_bad = count.assign_add(1) > step
        return tf.where(is_bad, tf.constant(value, fine.dtype), fine)

    return loss


class Frozen:
    """An optimizer that does nothing."""

    def apply(self, gradients, weights):
        assert all(gradient is not None for gradient in gradients)


class SaveAt(keras.callbacks.Callback):
    """Saves at the end of one interval, and lets the training go on."""

    def __init__(self, step, saver):
        super().__init__()
        self.step, self.saver = step, saver

    def on_epoch_end(self, epoch, logs=None):
        if self.model.step == self.step:
            self.saver.save()


def copy(variables):
    return [variable.numpy().copy() for variable in variables]


def state(model):
    """Copies all that training changes. It is listed here anew, not by `state()`."""
    parts = [*model.trained.values(), *model.optimizers.values()]
    return [*(values for part in parts for values in copy(part.variables)), model.step]


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def differences(first, second):
    """Returns by how much anything of two trainings differs, by its place."""
    pairs = enumerate(zip(state(first), state(second), strict=True))
    return {
        place: float(np.abs(np.subtract(a, b, dtype=float)).max())
        for place, (a, b) in pairs
        if not np.array_equal(a, b)
    }


def make_line(step=None, rate=1e-2, width=64, depth=1, seed=0, steps_per_execution=2):
    """Builds a network that learns the sum of two coordinates, compiled."""
    hidden = [keras.layers.Dense(width, "relu") for _ in range(depth)]
    dropout = keras.layers.Dropout(0.3, seed=seed)
    parts = [keras.Input((2,)), *hidden, dropout, keras.layers.Dense(1)]
    network = models.initialize(keras.Sequential(parts, name="line"), seed)
    model = fitting.Trainable({"line": network}, step or line_step)
    optimizer = keras.optimizers.Adam(rate)
    model.compile({"line": (optimizer, network.trainable_variables)})
    model.steps_per_execution = steps_per_execution
    return model


def line_step(model, points):
    network = model.networks["line"]
    with tf.GradientTape() as tape:
        sums = tf.reduce_sum(points, axis=1, keepdims=True)
        errors = (network(points, training=True) - sums) ** 2
        loss = tf.reduce_mean(errors)
    weights = network.trainable_variables
    model.optimizers["line"].apply(tape.gradient(loss, weights), weights)
    return {"loss": loss, "place": model.step_count, "point": points}
