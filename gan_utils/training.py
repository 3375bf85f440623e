"""The adversarial step, and the model that `fit` trains with it."""

from gan_utils import fitting, losses, models, quiet  # noqa: F401

import keras
import tensorflow as tf

LOSSES = ("generator_loss", "discriminator_loss_real", "discriminator_loss_fake")
METRICS = (*LOSSES, "probability_real", "probability_fake", "discriminator_accuracy")


def adversarial_step(gan, real_images, latents):
    """Updates both networks once, on one batch.

    One pass of D over the fakes serves both losses. Each gradient is taken for
    the weights of one network and goes to that network's optimizer. Both are
    taken before either network moves; the paper's algorithm moves D first.

    Args:
        gan: holds `generator`, `discriminator`, `generator_loss`,
            `discriminator_loss`, `generator_optimizer` and
            `discriminator_optimizer`.
        real_images: float32 `(n, height, width, channels)`, in G's pixel range.
        latents: float32 `(n, latent_dim)`.

    Returns:
        `(losses, real_logits, fake_logits)`: the dict of the losses in
        `LOSSES`, scalars before the update, and D's logits `(n, 1)`.

    Source:
        Goodfellow et al., Generative Adversarial Nets, 2014, algorithm 1.

    Example:
        >>> losses, real_logits, fake_logits = adversarial_step(gan, images, latents)
    """
    with tf.GradientTape(persistent=True) as tape:
        fake_images = gan.generator(latents, training=True)
        real_logits = gan.discriminator(real_images, training=True)
        fake_logits = gan.discriminator(fake_images, training=True)
        loss_real, loss_fake = gan.discriminator_loss(real_logits, fake_logits)
        discriminator_loss = loss_real + loss_fake
        generator_loss = gan.generator_loss(fake_logits)

    for network, optimizer, loss in (
        (gan.discriminator, gan.discriminator_optimizer, discriminator_loss),
        (gan.generator, gan.generator_optimizer, generator_loss),
    ):
        weights = network.trainable_variables
        optimizer.apply(tape.gradient(loss, weights), weights)
    values = (generator_loss, loss_real, loss_fake)
    return dict(zip(LOSSES, values)), real_logits, fake_logits


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


class GAN(fitting.Resumable):
    """A generator and a discriminator that `fit` trains against each other.

    Everything random in a step follows from `seed` and the number of the step,
    which the model counts in `step`. Beside the generator it keeps
    `averaged_generator`, whose weights are an exponential moving average: use
    that one to draw samples. Each interval (an epoch of `fit`) reports the
    means of the six numbers in `METRICS` over its steps.

    A loss that becomes NaN or infinite stops `fit` with an error that names the
    loss and the step.

    Args:
        generator: from float32 `(n, latent_dim)` to images.
        discriminator: from images to logits `(n, 1)`.
        seed: an integer; decides the latent points of every step.
        averaging: share of the steps so far that the average reaches back over,
            above 0 and at most 1, which averages all of them alike; None keeps no
            average, and `averaged_generator` is the generator.
        prior: from a shape and a seed of two integers to latent points, as
            `tf.random.stateless_normal` does.
        pixel_range: values of black and white in the images.

    Raises:
        ValueError: the networks do not fit together.

    Source:
        Goodfellow et al., Generative Adversarial Nets, 2014. Averaged weights:
        Yazici et al., The Unusual Effectiveness of Averaging in GAN Training,
        2019; over a share of the steps: Shamir and Zhang, Stochastic Gradient
        Descent for Non-smooth Optimization, 2013; batch norm measured anew:
        Izmailov et al., Averaging Weights Leads to Wider Optima, 2018.

    Example:
        >>> gan = GAN(build_generator(), build_discriminator(), seed=0)
        >>> adam = keras.optimizers.Adam
        >>> gan.compile(adam(1e-3, beta_1=0.5), adam(4e-4, beta_1=0.5))
        >>> history = gan.fit(batches(x_train, 64, seed=0), steps_per_epoch=50)
    """

    def __init__(
        self,
        generator,
        discriminator,
        seed,
        averaging=0.2,
        prior=tf.random.stateless_normal,
        pixel_range=(-1.0, 1.0),
        **options,
    ):
        super().__init__(**options)
        if generator.output_shape != discriminator.input_shape:
            raise ValueError(
                f"G makes images {generator.output_shape}, but D takes "
                f"{discriminator.input_shape}. Build both for the same images."
            )
        if averaging is not None and not 0 < averaging <= 1:
            raise ValueError(f"averaging is {averaging}; needed is 0 < averaging <= 1.")
        self.generator = generator
        self.discriminator = discriminator
        self.averaged_generator = generator
        if averaging is not None:
            self.averaged_generator = keras.models.clone_model(generator)
            self.averaged_generator.set_weights(generator.get_weights())
        self.seed = seed
        self.averaging = averaging
        self.prior = prior
        self.pixel_range = pixel_range
        self.means = {name: keras.metrics.Mean(name) for name in METRICS}
        self.step_count = tf.Variable(0, dtype=tf.int64, trainable=False)
        # The first step at which each loss was not finite, -1 for none.
        self.bad_steps = tf.Variable(-tf.ones(len(LOSSES), tf.int64), trainable=False)
        self.built = True

    def compile(
        self,
        generator_optimizer,
        discriminator_optimizer,
        generator_loss=losses.non_saturating_generator_loss,
        discriminator_loss=losses.cross_entropy_discriminator_loss,
        steps_per_execution=50,
    ):
        """Takes one optimizer a network, and the losses.

        Args:
            generator_optimizer: a `keras.optimizers.Optimizer` of G's own.
            discriminator_optimizer: another one, D's own.
            generator_loss: from fake logits to a scalar.
            discriminator_loss: from real and fake logits to two scalars.
            steps_per_execution: steps that run in the graph before Python looks
                again; more costs less, fewer stop sooner.

        Raises:
            ValueError: both networks were given the same optimizer.
        """
        if generator_optimizer is discriminator_optimizer:
            raise ValueError(
                "Both networks were given the same optimizer; an optimizer remembers "
                "the gradients of one network. Make two."
            )
        # XLA slows these small convolutions down on a CPU.
        super().compile(
            None, jit_compile=False, steps_per_execution=steps_per_execution
        )
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        self.generator_loss = generator_loss
        self.discriminator_loss = discriminator_loss
        generator_optimizer.build(self.generator.trainable_variables)
        discriminator_optimizer.build(self.discriminator.trainable_variables)

    @property
    def metrics(self):
        return list(self.means.values())

    @property
    def step(self):
        """The number of steps done, an int."""
        return int(self.step_count)

    def train_step(self, real_images):
        """Runs one step and keeps its numbers; `fit` calls it."""
        values, real_logits, fake_logits = self.take_step(real_images)
        bad = ~tf.math.is_finite(tf.stack([values[name] for name in LOSSES]))
        first = bad & (self.bad_steps < 0)
        self.bad_steps.assign(tf.where(first, self.step_count, self.bad_steps))
        self.step_count.assign_add(1)
        if self.averaging is not None:
            self._average()
        values["probability_real"] = tf.sigmoid(real_logits)
        values["probability_fake"] = tf.sigmoid(fake_logits)
        right = tf.concat([real_logits > 0, fake_logits <= 0], 0)
        values["discriminator_accuracy"] = tf.cast(right, tf.float32)
        for name, value in values.items():
            self.means[name].update_state(value)
        return {name: mean.result() for name, mean in self.means.items()}

    def take_step(self, real_images):
        """Updates the networks; returns what `adversarial_step` returns."""
        latents = self.draw_latents(tf.shape(real_images)[0])
        return adversarial_step(self, real_images, latents)

    def draw_latents(self, count, draw=0):
        """Draws the latent points of this step; other points for another `draw`."""
        seed = tf.stack([tf.cast(self.seed, tf.int64), self.step_count])
        if draw:
            seed = tf.random.experimental.stateless_fold_in(seed, draw)
        return self.prior((count, self.generator.input_shape[-1]), seed)

    @property
    def networks(self):
        """The networks by name; what is drawn with is the averaged generator."""
        return dict(generator=self.averaged_generator, discriminator=self.discriminator)

    def _average(self):
        steps = tf.cast(self.step_count, tf.float32)
        keep = steps / (1.0 / self.averaging + steps)
        averages, weights = self.averaged_generator.weights, self.generator.weights
        for average, weight in zip(averages, weights):
            average.assign(weight + keep * (average - weight))

    def settle(self, count=512):
        """Measures the batch norm of the averaged generator on latent points.

        `fit` does so after each interval. More points make it more exact. Without
        an average there is nothing to measure.
        """
        if self.averaging is None:
            return
        shape = (count, self.generator.input_shape[-1])
        latents = self.prior(shape, (self.seed, 0))
        models.settle_batch_norm(self.averaged_generator, latents)

    def check(self):
        """Raises `FloatingPointError` if a loss or a weight is not finite."""
        first_steps = zip(LOSSES, self.bad_steps.numpy())
        bad = {name: step for name, step in first_steps if step >= 0}
        if bad:
            name = min(bad, key=bad.get)
            raise FloatingPointError(
                f"{name} was not a finite number at step {bad[name]:,}. Training has "
                "stopped, and nothing was saved since. Lower the learning rates, then "
                "build the GAN anew or go on from its last checkpoint."
            )
        super().check()

    def fit(self, x, callbacks=None, **options):
        """Trains like `keras.Model.fit`, and ends cleanly when interrupted.

        An interrupt lets every callback finish, so that a `Checkpoint` saves,
        and is raised again.

        Args:
            x: a dataset of float32 batches, as `data.batches` makes it.
            callbacks: a list of `keras.callbacks.Callback`.
            **options: as in `keras.Model.fit`.

        Returns:
            A `keras.callbacks.History` with the six means of each interval.

        Raises:
            FloatingPointError: a loss became NaN or infinite.
        """
        return super().fit(x, [_Attendant(), *(callbacks or [])], **options)


def assemble(generator, discriminator, seed, rates, **options):
    """Compiles two networks into a GAN, with an Adam of its own for each.

    Adam's first moment reaches back over two steps only (β1 .5): where the other
    network moves too, older gradients mislead.

    Args:
        generator: as for `GAN`.
        discriminator: as for `GAN`.
        seed: as for `GAN`.
        rates: learning rates of G and of D, numbers or schedules.
        **options: as for `GAN.compile`.

    Returns:
        A compiled `GAN`.

    Source:
        Radford, Metz, Chintala, Unsupervised Representation Learning with Deep
        Convolutional Generative Adversarial Networks, 2016, section 4.

    Example:
        >>> networks = build_generator(), build_discriminator()
        >>> gan = assemble(*networks, seed=0, rates=(1e-3, 4e-4))
    """
    gan = GAN(generator, discriminator, seed)
    adams = [keras.optimizers.Adam(rate, beta_1=0.5) for rate in rates]
    gan.compile(*adams, **options)
    return gan


class Classifier(fitting.Resumable):
    """A network that `fit` trains to name what is in an image.

    It has what a `GAN` has for those who train, watch and save it: `step`,
    `networks`, `state` and `check`.

    Args:
        network: from images to logits `(n, classes)`.

    Example:
        >>> classifier = Classifier(build_classifier())
        >>> classifier.compile(keras.optimizers.Adam())
        >>> history = classifier.fit(batches(x_train, 128, 0, labels=y_train))
    """

    def __init__(self, network, **options):
        super().__init__(**options)
        self.network = network
        self.built = True

    def compile(self, optimizer, steps_per_execution=50):
        """Takes an optimizer; the loss is the cross-entropy on the logits."""
        super().compile(
            optimizer,
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
            steps_per_execution=steps_per_execution,
            jit_compile=False,
        )
        optimizer.build(self.network.trainable_variables)

    def call(self, images, training=False):
        """Returns the logits."""
        return self.network(images, training=training)

    @property
    def step(self):
        """The number of steps done, an int."""
        return int(self.optimizer.iterations)

    @property
    def networks(self):
        """The network by name."""
        return {"classifier": self.network}


class _Attendant(keras.callbacks.Callback):
    """Stops at a loss that is not finite; makes the averaged generator ready."""

    def on_train_batch_end(self, batch, logs=None):
        if (self.model.bad_steps.numpy() >= 0).any():
            self.model.check()

    def on_epoch_end(self, epoch, logs=None):
        self.model.settle()

    def on_train_end(self, logs=None):
        self.model.settle()  # after an interrupt, the last interval has no end
