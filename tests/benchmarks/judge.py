"""A classifier of digits, trained here, and the Fréchet distance on its features."""

import time

from gan_utils import data, models

import keras
import numpy as np
import tensorflow as tf

BATCH_SIZE = 128
EPOCHS = 5


def shift(images, seed):
    """Moves each image by up to two pixels, so that the classifier learns more."""
    rng = np.random.default_rng(seed)
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (28, 28), (1, 2))
    down, right = rng.integers(0, 5, (2, len(images)))
    return windows[np.arange(len(images)), down, right]


class Judge:
    """Scores images by their distance from the test digits.

    The features are divided by the square root of their mean variance over the
    test digits, so that the distance does not depend on the scale at which a
    classifier happens to work.
    """

    def __init__(self, seed=0):
        started = time.monotonic()
        (x_train, y_train), (x_test, y_test) = data.load_mnist()
        keras.utils.set_random_seed(seed)  # fit shuffles by the global seed
        classifier = models.build_classifier(seed)
        steps = EPOCHS * len(x_train) // BATCH_SIZE
        classifier.compile(
            keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, steps)),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
            steps_per_execution=50,
            jit_compile=False,
        )
        for epoch in range(EPOCHS):
            images = data.scale_pixels(shift(x_train, seed=epoch))
            classifier.fit(images, y_train, BATCH_SIZE, verbose=0)
        self._read = tf.function(
            keras.Model(
                classifier.inputs,
                [classifier.get_layer("features").output, classifier.outputs[0]],
            )
        )
        self.scale = 1.0
        test_images = data.scale_pixels(x_test).numpy()
        features, logits = self.read(test_images)
        self.accuracy = float(np.mean(logits.argmax(1) == y_test))
        self.scale = np.sqrt(features.var(axis=0).mean())
        self.real = features / self.scale
        self.seconds = time.monotonic() - started

    def read(self, images):
        """Returns scaled features `(n, 128)` and logits `(n, 10)`."""
        parts = [
            self._read(images[start : start + 500], training=False)
            for start in range(0, len(images), 500)
        ]
        features, logits = (np.concatenate(part) for part in zip(*parts))
        return features / self.scale, logits

    def score(self, images):
        """Returns the Fréchet distance and the classifier score of images."""
        features, logits = self.read(images)
        return frechet_distance(features, self.real), classifier_score(logits)


def frechet_distance(first, second):
    """Compares two sets of features as if both were Gaussian.

    Source: Heusel et al., GANs Trained by a Two Time-Scale Update Rule, 2017.
    """
    means = first.mean(axis=0), second.mean(axis=0)
    covariances = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    # The trace of the square root of a product is the sum of the square roots of
    # its eigenvalues, which are real and not negative but for rounding.
    roots = np.sqrt(np.linalg.eigvals(covariances[0] @ covariances[1]).real.clip(0))
    traces = np.trace(covariances[0]) + np.trace(covariances[1])
    return float(np.sum((means[0] - means[1]) ** 2) + traces - 2 * roots.sum())


def classifier_score(logits):
    """Returns exp(E KL(p(y|x) ‖ p(y))), from 1 to 10.

    Source: Salimans et al., Improved Techniques for Training GANs, 2016.
    """
    probabilities = tf.nn.softmax(logits.astype("float64")).numpy()
    ratio = np.log(probabilities + 1e-12) - np.log(probabilities.mean(axis=0))
    return float(np.exp(np.mean(np.sum(probabilities * ratio, axis=1))))
