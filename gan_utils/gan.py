"""The GAN: two networks, the step that it is given, and an average of G."""

from gan_utils import fitting, losses, models, quiet, steps  # noqa: F401

import keras
import tensorflow as tf


def uniform(shape, seed):
    """Draws latent points from the uniform prior of (-1, 1), as early GANs did.

    Args:
        shape: `(n, latent_dim)`.
        seed: two integers; the same seed gives the same points.

    Returns:
        float32 `(n, latent_dim)`.

    Example:
        >>> uniform((2, 100), (0, 0)).shape
        TensorShape([2, 100])
    """
    return tf.random.stateless_uniform(shape, seed, -1.0, 1.0)


def normal_with_kinds(shape, seed, kinds=10):
    """Draws latent points from the normal prior, and of each the kind to be drawn.

    Args:
        shape: `(n, latent_dim)`.
        seed: two integers; the same seed gives the same points and kinds.
        kinds: how many there are, all alike likely.

    Returns:
        A list: float32 `(n, latent_dim)`, and the kinds, one-hot, float32
        `(n, kinds)`.

    Example:
        >>> points, asked = normal_with_kinds((2, 64), (0, 0))
        >>> asked.shape
        TensorShape([2, 10])
    """
    apart = tf.random.experimental.stateless_fold_in(seed, 1)
    drawn = tf.random.stateless_uniform(shape[:1], apart, 0, kinds, tf.int32)
    return [tf.random.stateless_normal(shape, seed), tf.one_hot(drawn, kinds)]


class GAN(fitting.Trainable):
    """A generator and a discriminator that `fit` trains against each other.

    Everything random in a step follows from `seed`, the number of the step, which
    the model counts in `step`, and the replica. Beside the generator it keeps
    `averaged_generator`, whose weights are an exponential moving average: use that
    one to draw samples.

    Args:
        generator: from float32 `(n, latent_dim)` to images; of several inputs, the
            first is the latent points.
        discriminator: from images to logits `(n, 1)`; of several inputs, the first
            is the images.
        seed: an integer; decides the latent points of every step.
        averaging: share of the steps so far that the average reaches back over,
            above 0 and at most 1, which averages all of them alike; None keeps no
            average, and `averaged_generator` is the generator.
        prior: from the shape of the latent points and a seed of two integers to all
            that G is given, as `tf.random.stateless_normal` does.
        pixel_range: values of black and white in the images.
        step: from the GAN, a batch, and what the prior has drawn for it, to numbers
            by name; see `steps`.

    Raises:
        ValueError: the networks do not fit together.

    Source:
        Goodfellow et al., Generative Adversarial Nets, 2014. Averaged weights:
        Yazici et al., The Unusual Effectiveness of Averaging in GAN Training,
        2019; over a share of the steps: Shamir and Zhang, Stochastic Gradient
        Descent for Non-smooth Optimization, 2013; batch norm measured anew:
        Izmailov et al., Averaging Weights Leads to Wider Optima, 2018.

    Example:
        >>> networks = models.build_generator(), models.build_discriminator()
        >>> gan = GAN(*networks, seed=0)
        >>> adam = keras.optimizers.Adam
        >>> gan.compile(adam(1e-3, beta_1=0.5), adam(4e-4, beta_1=0.5))
        >>> gan.step
        0
    """

    def __init__(
        self,
        generator,
        discriminator,
        seed,
        averaging=0.2,
        prior=tf.random.stateless_normal,
        pixel_range=(-1.0, 1.0),
        step=steps.adversarial_step,
        **options,
    ):
        images = discriminator.inputs[0].shape
        if generator.output_shape != images:
            raise ValueError(
                f"G makes images {generator.output_shape}, but D takes {images}. "
                "Build both for the same images."
            )
        if len(discriminator.outputs) == 1 and discriminator.output_shape[-1] != 1:
            raise ValueError(
                f"D answers with {discriminator.output_shape}; needed is one logit for "
                "each image, (None, 1)."
            )
        if averaging is not None and not 0 < averaging <= 1:
            raise ValueError(f"averaging is {averaging}; needed is 0 < averaging <= 1.")
        networks = {"generator": generator, "discriminator": discriminator}
        if averaging is not None:
            networks["averaged_generator"] = keras.models.clone_model(generator)
            networks["averaged_generator"].set_weights(generator.get_weights())
        super().__init__(networks, step, **options)
        self.generator = generator
        self.discriminator = discriminator
        self.averaged_generator = networks.get("averaged_generator", generator)
        self.latent_dim = models.latent_dim(generator)
        self.seed = seed
        self.averaging = averaging
        self.prior = prior
        self.pixel_range = pixel_range

    def compile(
        self,
        generator_optimizer,
        discriminator_optimizer,
        generator_loss=losses.non_saturating_generator_loss,
        discriminator_loss=losses.cross_entropy_discriminator_loss,
        steps_per_execution=50,
        more_optimizers=None,
    ):
        """Takes one optimizer a network, and the losses.

        Args:
            generator_optimizer: a `keras.optimizers.Optimizer` of G's own.
            discriminator_optimizer: another one, D's own.
            generator_loss: from fake logits to a scalar.
            discriminator_loss: from real and fake logits to two scalars.
            steps_per_execution: as for `Trainable.compile`.
            more_optimizers: a dict of others for D by name, for a step that asks for
                them in `optimizers`.

        Raises:
            ValueError: an optimizer was given twice.
        """
        of_g = self.generator.trainable_variables
        of_d = self.discriminator.trainable_variables
        optimizers = {
            "generator": (generator_optimizer, of_g),
            "discriminator": (discriminator_optimizer, of_d),
        }
        for name, optimizer in (more_optimizers or {}).items():
            optimizers[name] = optimizer, of_d
        super().compile(optimizers, steps_per_execution)
        self.generator_loss = generator_loss
        self.discriminator_loss = discriminator_loss

    @property
    def generator_optimizer(self):
        """The optimizer that moves G."""
        return self.optimizers["generator"]

    @property
    def discriminator_optimizer(self):
        """The optimizer that moves D."""
        return self.optimizers["discriminator"]

    @property
    def networks(self):
        """The networks by name; what is drawn with is the averaged generator."""
        return dict(generator=self.averaged_generator, discriminator=self.discriminator)

    @property
    def begun_with(self):
        """What a training cannot change on its way: the seed."""
        return {"seed": self.seed}

    def run_step(self, batch):
        """Runs the step on one batch, with latent points of its own."""
        latents = self.draw_latents(tf.shape(tf.nest.flatten(batch)[0])[0])
        return self.take_step(self, batch, latents)

    def draw_latents(self, count, draw=0):
        """Draws the latent points of this step; other points for another `draw`."""
        return self.prior((count, self.latent_dim), self.step_seed(draw))

    def step_seed(self, draw=0):
        """Returns a seed of this step and replica, two integers for TensorFlow.

        Args:
            draw: an integer from 0; another one gives another seed. The latent
                points that a step is given were drawn with 0.
        """
        seed = tf.stack([tf.cast(self.seed, tf.int64), self.step_count])
        replica = tf.distribute.get_replica_context()
        fold_in = tf.random.experimental.stateless_fold_in
        if draw:
            seed = fold_in(seed, draw)
        if replica.num_replicas_in_sync > 1:
            seed = fold_in(seed, replica.replica_id_in_sync_group)
        return seed

    def watched_latents(self, count):
        """Draws latent points that are the same at every step."""
        return self.prior((count, self.latent_dim), (self.seed, 0))

    def after_step(self):
        """Counts the step and moves the average."""
        super().after_step()
        if self.averaging is None:
            return
        steps_done = tf.cast(self.step_count, tf.float32)
        keep = steps_done / (1.0 / self.averaging + steps_done)
        averages, weights = self.averaged_generator.weights, self.generator.weights
        for average, weight in zip(averages, weights):
            average.assign(weight + keep * (average - weight))

    def settle(self, count=512):
        """Measures the batch norm of the averaged generator on latent points.

        `fit` does so after each epoch. More points make it more exact. Without an
        average there is nothing to measure.
        """
        if self.averaging is not None:
            latents = self.watched_latents(count)
            models.settle_batch_norm(self.averaged_generator, latents)

    def settle_for_good(self):
        """Measures on many points: samples come closer to real ones."""
        self.settle(4096)


def assemble(
    generator, discriminator, seed, rates, step=steps.adversarial_step, **options
):
    """Compiles two networks into a GAN, with an Adam of its own for each.

    Args:
        generator: as for `GAN`.
        discriminator: as for `GAN`.
        seed: as for `GAN`.
        rates: learning rates of G and of D, numbers or schedules.
        step: as for `GAN`.
        **options: as for `GAN.compile`.

    Returns:
        A compiled `GAN`.

    Source:
        Radford, Metz, Chintala, Unsupervised Representation Learning with Deep
        Convolutional Generative Adversarial Networks, 2016, section 4.

    Example:
        >>> networks = models.build_generator(), models.build_discriminator()
        >>> gan = assemble(*networks, seed=0, rates=(1e-3, 4e-4))
    """
    gan = GAN(generator, discriminator, seed, step=step)
    adams = [keras.optimizers.Adam(rate, beta_1=0.5) for rate in rates]
    gan.compile(*adams, **options)
    return gan
