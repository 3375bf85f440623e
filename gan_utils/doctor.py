"""Reads the curves of a GAN's training and names what they show."""

import dataclasses

from gan_utils import checks, quiet  # noqa: F401

import keras
import numpy as np


@dataclasses.dataclass(frozen=True)
class Sign:
    """One thing that curves show.

    Args:
        name: a short name, the same whatever the numbers.
        evidence: what was seen, in words and numbers.
        advice: what to do.

    Example:
        >>> str(Sign("rates too high", "A loss is near 40", "lower both"))
        'A loss is near 40: lower both'
    """

    name: str
    evidence: str
    advice: str

    def __str__(self):
        return f"{self.evidence}: {self.advice}"


def diagnose(curves, patience=300, began=0):
    """Names what a GAN's curves show, in their means over the last steps.

    - Rates are too high: a loss is above 30, or no number.
    - D's labels are swapped: D is right in less than 20 % of its answers, and yet
      its loss is below 1.
    - D does not learn: its loss on fakes is above 2; or it is right in less than
      20 %, and its loss is above 1.
    - G's loss is flat: D is right in more than 97 %, and G's loss is below 0.1, as
      the saturating one always is.
    - D is too strong: it is right in more than 97 %, and G's loss is higher.
    - The samples are too alike: their `variety` is never above half of real images',
      and nothing above explains it.

    Of a critic, whose curves have names of their own, and whose slopes are to be 1:

    - Its slopes are off: where its penalty looks they are below 0.5 or above 3 in the
      mean, so that its estimate is no distance.
    - Its estimate is out of bounds: above 3 times the mean `distance` of a real image
      from a sample, of which a critic with slopes of 1 sees at most 1.
    - It outruns G: its estimate, over its slopes, stays above 0.3 of that distance.

    What passes no threshold stays unseen, though the curves may show it beside healthy
    ones: G's loss where real and fake images share one batch of a D with batch norm, or
    the variety of a G that is trained without `training=True`. Look at samples, and
    measure them.

    Args:
        curves: a dict from names to `(steps, values)`, as `callbacks.read_scalars`
            returns it; `variety` and `distance`, which a `Doctor` adds, may be missing.
        patience: over how many steps the means go, 1 or more.
        began: steps that were taken before the curves, 0 or more.

    Returns:
        A list of `Sign`, empty when nothing is found or too few steps were taken.

    Raises:
        ValueError: the curves are those neither of a GAN whose D says real or fake nor
            of one with a critic, or a number is out of range.

    Source:
        The thresholds are our own, set on four short trainings of each failure on
        MNIST. Of three others of each it misses one, a partial collapse; it is silent
        on ten healthy ones, and on the logs of the good models that are shipped. Of
        critics it names three others of each of three faults, and no healthy one of
        five; only of two in three that pay for nothing is the estimate out of bounds.

    Example:
        >>> level = dict.fromkeys(NEEDED, ([300], [1.0]))
        >>> [sign.advice for sign in diagnose(level)]
        ["lower its rate, or raise G's."]
    """
    of_critic = set(curves) >= OF_CRITIC
    if not of_critic and not set(curves) >= NEEDED:
        raise ValueError(f"{list(curves)} was given; needed is what a GAN's fit logs.")
    patience = checks.count(patience, "patience")
    began = checks.count(began, "began", 0)
    means = {"variety": 1.0, "distance": np.inf}
    needed = OF_CRITIC if of_critic else NEEDED
    for name in (needed | set(means)) & set(curves):
        pair = tuple(curves[name]) if np.iterable(curves[name]) else ()
        if len(pair) != 2:
            raise ValueError(f"For {name!r}, a pair (steps, values) is needed.")
        steps, values = checks.curve(*pair, name)
        if steps[-1] - began < patience:
            return []
        late = values[steps > float(steps[-1]) - patience]
        # A young G varies little, and the mean would remember that.
        means[name] = late.max() if name == "variety" else late.mean()
    read = _read_signs_of_critic if of_critic else _read_signs
    return read(means, patience)


OF_CRITIC = {"critic_estimate", "gradient_norm"}
NEEDED = {
    "generator_loss",
    "discriminator_loss_real",
    "discriminator_loss_fake",
    "discriminator_accuracy",
}


def _read_signs(means, patience):
    of_g, of_fakes = means["generator_loss"], means["discriminator_loss_fake"]
    of_d = means["discriminator_loss_real"] + of_fakes
    right, variety = means["discriminator_accuracy"], means["variety"]
    worst = np.maximum(abs(of_g), of_d)  # NaN if one is
    known = f"For {patience} steps D was right in {right:.1%} of its answers"
    signs = []
    if not worst <= 30:
        evidence = f"A loss is near {worst:,.0f}"
        signs.append(Sign("rates too high", evidence, "lower both learning rates."))
    if right < 0.2 and of_d < 1:
        evidence = f"{known}, and its loss is low"
        signs.append(Sign("labels swapped", evidence, "its labels are swapped."))
    elif (of_fakes > 2 or right < 0.2) and worst <= 30:
        advice = "look whether its weights change at all."
        signs.append(Sign("D does not learn", known, advice))
    if right > 0.97 and of_g < 0.1:
        evidence = f"{known} and G's loss is flat"
        signs.append(Sign("flat loss", evidence, "take the non-saturating one."))
    elif right > 0.97:
        advice = "lower its rate, or raise G's."
        signs.append(Sign("D too strong", known, advice))
    if variety < 0.5 and not signs:
        signs.append(_samples_alike(variety, patience))
    return signs


def _read_signs_of_critic(means, patience):
    slope, variety = means["gradient_norm"], means["variety"]
    seen = means["critic_estimate"] / means["distance"]
    signs = []
    if not 0.5 <= slope <= 3:
        evidence = f"For {patience} steps the critic's slopes were {slope:.2g}, not 1"
        advice = "look at its penalty: its weight, and where it is taken."
        signs.append(Sign("slopes off", evidence, advice))
    if not seen <= 3:
        evidence = (
            f"For {patience} steps the critic's estimate was {seen:.2g} distances from "
            "real images to samples, of which it can see 1"
        )
        signs.append(
            Sign("estimate out of bounds", evidence, "bound its slopes, by a penalty.")
        )
    if seen > 0.3 * max(1, slope):
        evidence = (
            f"For {patience} steps the critic saw {seen / max(1, slope):.0%} of the "
            "distance from real images to samples"
        )
        signs.append(
            Sign("critic outruns G", evidence, "lower its rate, or raise G's.")
        )
    if variety < 0.5 and not signs:
        signs.append(_samples_alike(variety, patience))
    return signs


def _samples_alike(variety, patience):
    evidence = f"For {patience} steps the variety of samples was at most {variety:.0%}"
    advice = "raise the rate of D, or give G batch norm."
    return Sign("samples alike", evidence, advice)


class Doctor(keras.callbacks.Callback):
    """Watches a GAN and says what `diagnose` finds, each sign once.

    It measures `variety`, too: the spread of the pixels over 64 samples, as a share
    of that over real images; and `distance`, the mean distance of 64 real images from
    samples. It says at once when real images lie in another range than G's. Of a step
    whose numbers it does not know, and before it has seen `patience` steps, it says
    nothing.

    Args:
        real_images: a batch `(n, ...)` as `fit` gets it, n from 64.
        patience: as for `diagnose`.
        tell: takes a sentence.

    Raises:
        ValueError: the images are not finite or all the same, or the patience is below
            1.
    """

    def __init__(self, real_images, patience=300, tell=print):
        super().__init__()
        real_images = np.asarray(real_images)
        shape = ("n", *["size"] * max(1, real_images.ndim - 1))
        self.real_images = checks.numbers(real_images, "real images", shape)
        if not self.real_images.std(axis=0).any():
            raise ValueError("The real images are all the same; give different ones.")
        self.patience = checks.count(patience, "patience")
        self.tell = tell
        self.curves = {}
        self._known = set()
        self._began = None

    def on_train_begin(self, logs=None):
        if self._began is None:
            self._began = self.model.step
        low, high = self.model.pixel_range
        ends = self.real_images.min(), self.real_images.max()
        if max(abs(ends[0] - low), abs(ends[1] - high)) > 0.25 * (high - low):
            self.tell(
                f"Real images go from {ends[0]:g} to {ends[1]:g}, G's from {low:g} to "
                f"{high:g}: bring both into one range."
            )

    def on_epoch_end(self, epoch, logs=None):
        latents = self.model.watched_latents(64)
        samples = self.model.averaged_generator(latents, training=False).numpy()
        variety = samples.std(axis=0).mean() / self.real_images.std(axis=0).mean()
        real = self.real_images[:64]
        apart = (samples[: len(real)] - real).reshape(len(real), -1)
        distance = np.linalg.norm(apart, axis=1).mean()
        found = {**logs, "variety": variety, "distance": distance}
        for name, value in found.items():
            steps, values = self.curves.get(name, ((), ()))
            self.curves[name] = (*steps, self.model.step), (*values, value)
        if not any(set(self.curves) >= needed for needed in (NEEDED, OF_CRITIC)):
            return
        for sign in diagnose(self.curves, self.patience, self._began):
            if sign.name not in self._known:
                self._known.add(sign.name)
                self.tell(f"Step {self.model.step:,}. {sign}")
