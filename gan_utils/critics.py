"""Steps in which a discriminator pays for its slopes, and those of a critic."""

from gan_utils import checks, losses, penalties, quiet  # noqa: F401
from gan_utils.steps import LOSSES, move, opinions

import tensorflow as tf

# What a critic and its G lower, as `GAN.compile` takes it.
WASSERSTEIN = {
    "generator_loss": losses.wasserstein_generator_loss,
    "discriminator_loss": losses.wasserstein_discriminator_loss,
}


def penalised_step(
    gan,
    real_images,
    latents,
    penalty=penalties.no_penalty,
    paired=False,
    generator_every=1,
    head_start=0,
):
    """Updates D, which pays for its slopes, and G in its turn.

    Both losses are taken before either network moves, as in `steps.adversarial_step`.
    Give the options by `functools.partial`.

    Args:
        gan: as for `steps.adversarial_step`, with a D in which no answer depends on
            other images of the batch: without batch norm.
        real_images: float32 `(n, ...)`.
        latents: float32 `(n, latent_dim)`.
        penalty: one of `penalties`, or another function as they are.
        paired: whether D is asked how much more real each real image is than a fake,
            in place of how real each image is. D's loss is then the mean of its two
            halves, which say the same of each pair.
        generator_every: G moves at every n-th step. At the others its weights stay as
            they are, and so does what its optimizer remembers.
        head_start: steps at the beginning in which G does not move.

    Returns:
        A dict of the losses in `steps.LOSSES`, scalars before the update and without
        what D pays; of what `steps.opinions` returns, of pairs where D compares them;
        and of `gradient_norm`, the slopes that the penalty measured, `(n,)`.

    Raises:
        ValueError: `generator_every` or `head_start` is out of range.

    Source:
        Pairs: Jolicoeur-Martineau, The Relativistic Discriminator, 2018; with two
        penalties: Huang et al., The GAN is dead; long live the GAN! A Modern Baseline
        GAN, 2024, equations 3 and 5.
    """
    generator_every = checks.count(generator_every, "generator_every", 1)
    head_start = checks.count(head_start, "head_start", 0)
    with tf.GradientTape(persistent=True) as tape:
        fake_images = gan.generator(latents, training=True)
        real_logits = gan.discriminator(real_images, training=True)
        fake_logits = gan.discriminator(fake_images, training=True)
        if paired:
            lead = real_logits - fake_logits
            real_logits, fake_logits = lead, -lead
        loss_real, loss_fake = gan.discriminator_loss(real_logits, fake_logits)
        discriminator_loss = (loss_real + loss_fake) / (2.0 if paired else 1.0)
        generator_loss = gan.generator_loss(fake_logits)
        fixed = tf.stop_gradient(fake_images)
        seed = gan.step_seed(draw=2)
        paid, found = penalty(gan.discriminator, real_images, fixed, seed)
        discriminator_loss += paid

    def move_generator():
        move(gan.generator, gan.generator_optimizer, tape, generator_loss)

    move(gan.discriminator, gan.discriminator_optimizer, tape, discriminator_loss)
    if generator_every == 1 and head_start == 0:
        move_generator()
    else:
        turn = gan.step_count % generator_every == generator_every - 1
        tf.cond(turn & (gan.step_count >= head_start), move_generator, lambda: None)
    values = dict(zip(LOSSES, (generator_loss, loss_real, loss_fake)))
    values["gradient_norm"] = found
    return values | opinions(real_logits, fake_logits)


def critic_step(
    gan,
    real_images,
    latents,
    penalty=penalties.no_penalty,
    clip=None,
    generator_every=1,
    head_start=0,
):
    """Updates a critic, and G in its turn; tells what the critic measures.

    Args:
        gan: as for `penalised_step`, compiled with the losses in `WASSERSTEIN`.
        real_images: as for `penalised_step`.
        latents: as for `penalised_step`.
        penalty: as for `penalised_step`.
        clip: limit of the critic's weights, for `penalties.clip_weights`; None cuts
            none.
        generator_every: as for `penalised_step`.
        head_start: as for `penalised_step`.

    Returns:
        A dict of numbers before the update: `critic_estimate`, minus D's loss, which is
        the mean answer to real images minus that to fakes; `gradient_norm` and
        `generator_loss`, as `penalised_step`. It holds no opinions: a critic's answer
        is no probability.

    Raises:
        ValueError: a number is out of range.

    Source:
        Arjovsky, Chintala, Bottou, Wasserstein GAN, 2017; Gulrajani et al., Improved
        Training of Wasserstein GANs, 2017, algorithm 1.

    Example:
        >>> from functools import partial
        >>> from gan_utils import playground
        >>> step = partial(critic_step, penalty=penalties.gradient_penalty)
        >>> gan = playground.build_gan(seed=0, step=step, **WASSERSTEIN)
    """
    found = penalised_step(
        gan,
        real_images,
        latents,
        penalty,
        generator_every=generator_every,
        head_start=head_start,
    )
    if clip is not None:
        penalties.clip_weights(gan.discriminator, clip)
    loss_real, loss_fake = (found[name] for name in LOSSES[1:])
    kept = {name: found[name] for name in ("generator_loss", "gradient_norm")}
    return {"critic_estimate": -(loss_real + loss_fake)} | kept
