"""The classifier of digits whose features judge generated images."""

from gan_utils.models.parts import batch_norm, checked, initialize

import keras
from keras import layers


@checked
def build_classifier(seed=0):
    """Builds a classifier of digits whose features judge generated images.

    Args:
        seed: an integer from 0.

    Returns:
        A `keras.Model` from float32 `(n, 28, 28, 1)` in [-1, 1] to float32
        logits `(n, 10)`. Its layer `features` gives `(n, 128)`.

    Source:
        The pattern of convolution, batch norm and ReLU of Ioffe and Szegedy,
        Batch Normalization, 2015.

    Example:
        >>> build_classifier().get_layer("features").output.shape
        (None, 128)
    """
    model = keras.Sequential([keras.Input((28, 28, 1))], name="classifier")
    # While training, digits are moved by up to two pixels over their paper.
    far = (2 / 28, 2 / 28)
    paper = {"fill_mode": "constant", "fill_value": -1.0}
    model.add(layers.RandomTranslation(*far, seed=seed + 2, **paper))
    for filters, stride in ((32, 1), (32, 2), (64, 1), (64, 2)):
        model.add(layers.Conv2D(filters, 3, stride, padding="same", use_bias=False))
        model.add(batch_norm())
        model.add(layers.ReLU())
    model.add(layers.Flatten())
    model.add(layers.Dropout(0.3, seed=seed))
    model.add(layers.Dense(128, activation="relu", name="features"))
    model.add(layers.Dropout(0.5, seed=seed + 1))
    model.add(layers.Dense(10))
    return initialize(model, seed)
