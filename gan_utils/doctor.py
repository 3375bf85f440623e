"""Reads the curves of a GAN, and says in a sentence what is wrong."""

from gan_utils import quiet  # noqa: F401

import keras
import numpy as np


def diagnose(curves, patience=300):
    """Names what a GAN's curves show, in their means over the last steps.

    - Rates are too high: a loss is above 30.
    - D's labels are swapped: D is right in less than 20 % of its answers, and yet
      its loss is below 1.
    - D does not learn: it is right in less than 20 %, and its loss is above 1.
    - G's loss is flat: D is right in more than 97 %, and G's loss within 0.1 of 0.
    - D is too strong: it is right in more than 97 %, and G's loss is further from 0.
    - The samples are too alike: their `variety` is never above half of real images',
      and nothing above explains it.

    What leaves no trace in these numbers stays unseen, such as a G that is trained
    without `training=True`. Look at samples, and measure them.

    Args:
        curves: a dict from names to `(steps, values)`, as `callbacks.read_scalars`
            returns it; `variety` may be missing.
        patience: over how many steps the means go.

    Returns:
        A list of sentences, empty when nothing is found or too few steps were taken.

    Source:
        The thresholds are our own: set on one short training of each failure on
        MNIST, and checked against the logs of the good models that are shipped.

    Example:
        >>> diagnose(read_scalars(PRETRAINED / "dcgan" / "log"))
        []
    """
    means = {"variety": 1.0}
    for name, (steps, values) in curves.items():
        if steps[-1] < patience:
            return []
        late = np.asarray(steps) > steps[-1] - patience
        # A young G varies little, and the mean would remember that.
        middle = np.max if name == "variety" else np.mean
        means[name] = middle(np.asarray(values)[late])
    of_g, variety = abs(means["generator_loss"]), means["variety"]
    of_d = means["discriminator_loss_real"] + means["discriminator_loss_fake"]
    worst, right = max(of_g, of_d), means["discriminator_accuracy"]
    wrong, sure, flat = right < 0.2, right > 0.97, of_g < 0.1
    unnamed = variety < 0.5 and not (wrong or sure or worst > 30)
    known = f"For {patience} steps D was right in {right:.1%} of its answers"
    alike = f"For {patience} steps samples varied up to {variety:.0%} of real images"
    signs = (
        (worst > 30, f"A loss is near {worst:,.0f}: lower both learning rates."),
        (wrong and of_d < 1, f"{known}, and its loss is low: its labels are swapped."),
        (wrong and of_d >= 1, f"{known}: look whether its weights change at all."),
        (sure and flat, f"{known} and G's loss is flat: take the non-saturating one."),
        (sure and not flat, f"{known}: lower its rate, or give it batch norm."),
        (unnamed, f"{alike}: raise the rate of D, or give G batch norm."),
    )
    return [sentence for seen, sentence in signs if seen]


class Doctor(keras.callbacks.Callback):
    """Watches a GAN and says what `diagnose` finds, each sign once.

    It measures `variety`, too: the spread of the pixels over 64 samples, as a share
    of that over real images. And it says at once when real images lie in another
    range than G's.

    Args:
        real_images: a batch `(n, ...)` as `fit` gets it, n from 64.
        patience: as for `diagnose`.
        tell: takes a sentence.

    Example:
        >>> gan.fit(images, callbacks=[Doctor(next(iter(images)))])
    """

    def __init__(self, real_images, patience=300, tell=print):
        super().__init__()
        self.real_images = np.asarray(real_images)
        self.patience = patience
        self.tell = tell
        self.curves = {}
        self._known = set()

    def on_train_begin(self, logs=None):
        low, high = self.model.pixel_range
        ends = self.real_images.min(), self.real_images.max()
        if max(abs(ends[0] - low), abs(ends[1] - high)) > 0.25 * (high - low):
            self.tell(
                f"Real images go from {ends[0]:g} to {ends[1]:g}, G's from {low:g} to "
                f"{high:g}: bring both into one range."
            )

    def on_epoch_end(self, epoch, logs=None):
        shape = (64, self.model.generator.input_shape[-1])
        latents = self.model.prior(shape, (self.model.seed, 0))
        samples = self.model.averaged_generator(latents, training=False).numpy()
        variety = samples.std(axis=0).mean() / self.real_images.std(axis=0).mean()
        for name, value in {**logs, "variety": variety}.items():
            steps, values = self.curves.get(name, ((), ()))
            self.curves[name] = (*steps, self.model.step), (*values, value)
        for sentence in diagnose(self.curves, self.patience):
            sign = sentence.rpartition(": ")[2]
            if sign not in self._known:
                self._known.add(sign)
                self.tell(f"Step {self.model.step:,}. {sentence}")
