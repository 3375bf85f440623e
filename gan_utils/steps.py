"""What one step of a training does, as plain functions.

A step gets the model, a batch and, for a GAN, latent points. It updates the networks
and returns numbers by name: scalars, or a value for each image, whose mean is logged.
It takes every optimizer from the model, so that it need not know on how many devices
it runs. A new kind of training is a new function here, or of your own.
"""

from gan_utils import losses, quiet  # noqa: F401

import tensorflow as tf

LOSSES = ("generator_loss", "discriminator_loss_real", "discriminator_loss_fake")

TARGETS = {"real": 1.0, "fake": 0.0}
# What one update of D looks at; both kinds together are one merged batch.
REAL, FAKE, MERGED = ("real",), ("fake",), ("real", "fake")


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
        A dict of the losses in `LOSSES`, scalars before the update, and of what
        `opinions` returns.

    Source:
        Goodfellow et al., Generative Adversarial Nets, 2014, algorithm 1.
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
    values = dict(zip(LOSSES, (generator_loss, loss_real, loss_fake)))
    return values | opinions(real_logits, fake_logits)


def pausing_step(gan, real_images, latents, moves):
    """Updates each network when it is its move; the other is left out.

    A network that pauses keeps its weights, and its optimizer what it remembers. A
    learning rate of 0 is no pause: Adam's moments go on with each gradient.

    Args:
        gan: as for `adversarial_step`.
        real_images: as for `adversarial_step`.
        latents: as for `adversarial_step`.
        moves: from the number of steps done, an integer tensor, to two booleans, of
            Python or TensorFlow: whether G moves, and whether D does. Give it by
            `functools.partial`.

    Returns:
        What `adversarial_step` returns.

    Example:
        >>> def five_of_d_to_one_of_g(step):
        ...     return step % 5 == 4, True
        >>> five_of_d_to_one_of_g(step=tf.constant(3))[1]
        True
    """
    with tf.GradientTape(persistent=True) as tape:
        fake_images = gan.generator(latents, training=True)
        real_logits = gan.discriminator(real_images, training=True)
        fake_logits = gan.discriminator(fake_images, training=True)
        loss_real, loss_fake = gan.discriminator_loss(real_logits, fake_logits)
        discriminator_loss = loss_real + loss_fake
        generator_loss = gan.generator_loss(fake_logits)

    def move_generator():
        move(gan.generator, gan.generator_optimizer, tape, generator_loss)

    def move_discriminator():
        move(gan.discriminator, gan.discriminator_optimizer, tape, discriminator_loss)

    of_generator, of_discriminator = tf.unstack(moves(gan.step_count))
    tf.cond(of_discriminator, move_discriminator, lambda: None)
    tf.cond(of_generator, move_generator, lambda: None)
    values = dict(zip(LOSSES, (generator_loss, loss_real, loss_fake)))
    return values | opinions(real_logits, fake_logits)


def reading_step(gan, batch, latents):
    """Updates both networks once; D learns to read the real digits, too.

    G is told no kind and is asked for none: it learns from whether D believes it, as
    in `adversarial_step`.

    Args:
        gan: as for `adversarial_step`, with a D that answers with two logits, as
            `models.build_reading_discriminator` makes it.
        batch: `(real_images, labels)`: float32 `(n, height, width, channels)` and
            integers `(n,)`.
        latents: float32 `(n, latent_dim)`.

    Returns:
        What `adversarial_step` returns, and `reading_loss`, the cross-entropy of
        the labels in nats, a scalar.

    Source:
        Salimans et al., Improved Techniques for Training GANs, 2016, section 5: labels
        for D alone made better images.
    """
    real_images, labels = batch
    with tf.GradientTape(persistent=True) as tape:
        fake_images = gan.generator(latents, training=True)
        real_logits, read = gan.discriminator(real_images, training=True)
        fake_logits, _ = gan.discriminator(fake_images, training=True)
        loss_real, loss_fake = gan.discriminator_loss(real_logits, fake_logits)
        reading_loss = label_cross_entropy(read, labels)
        discriminator_loss = loss_real + loss_fake + reading_loss
        generator_loss = gan.generator_loss(fake_logits)
    move(gan.discriminator, gan.discriminator_optimizer, tape, discriminator_loss)
    move(gan.generator, gan.generator_optimizer, tape, generator_loss)
    values = dict(zip(LOSSES, (generator_loss, loss_real, loss_fake)))
    values["reading_loss"] = reading_loss
    return values | opinions(real_logits, fake_logits)


def conditional_step(gan, batch, latents):
    """Updates both networks once; each is told of what kind its images are.

    Args:
        gan: as for `adversarial_step`, with networks of two inputs, as
            `models.build_conditional_generator` and `models.build_plane_discriminator`
            make them.
        batch: `(real_images, labels)`: float32 `(n, height, width, channels)` and
            integers `(n,)`.
        latents: a list of float32 `(n, latent_dim)` and of the kinds to be drawn,
            one-hot, float32 `(n, kinds)`.

    Returns:
        What `adversarial_step` returns.

    Source:
        Mirza and Osindero, Conditional Generative Adversarial Nets, 2014.
    """
    real_images, labels = batch
    _, asked = latents
    told = tf.one_hot(labels, asked.shape[1])
    with tf.GradientTape(persistent=True) as tape:
        fake_images = gan.generator(latents, training=True)
        real_logits = gan.discriminator([real_images, told], training=True)
        fake_logits = gan.discriminator([fake_images, asked], training=True)
        loss_real, loss_fake = gan.discriminator_loss(real_logits, fake_logits)
        discriminator_loss = loss_real + loss_fake
        generator_loss = gan.generator_loss(fake_logits)
    move(gan.discriminator, gan.discriminator_optimizer, tape, discriminator_loss)
    move(gan.generator, gan.generator_optimizer, tape, generator_loss)
    values = dict(zip(LOSSES, (generator_loss, loss_real, loss_fake)))
    return values | opinions(real_logits, fake_logits)


def auxiliary_step(gan, batch, latents, weight=1.0, fakes_too=True):
    """Updates both networks once; D reads the kind, and G is to be read as asked.

    Args:
        gan: as for `conditional_step`, with a D that answers with two logits, as
            `models.build_reading_discriminator` makes it.
        batch: as for `conditional_step`.
        latents: as for `conditional_step`.
        weight: of what G pays for being read as another kind.
        fakes_too: whether D learns to read fakes as what was asked for, as in the
            paper, or real images alone. Give options by `functools.partial`.

    Returns:
        What `adversarial_step` returns, and the cross-entropies of the kinds in nats,
        scalars: `reading_loss` of real images, `asking_loss` of fakes.

    Source:
        Odena, Olah, Shlens, Conditional Image Synthesis with Auxiliary Classifier
        GANs, 2017.
    """
    real_images, labels = batch
    asked = tf.argmax(latents[1], axis=1)
    with tf.GradientTape(persistent=True) as tape:
        fake_images = gan.generator(latents, training=True)
        real_logits, read = gan.discriminator(real_images, training=True)
        fake_logits, read_of_fakes = gan.discriminator(fake_images, training=True)
        loss_real, loss_fake = gan.discriminator_loss(real_logits, fake_logits)
        reading_loss = label_cross_entropy(read, labels)
        asking_loss = label_cross_entropy(read_of_fakes, asked)
        discriminator_loss = loss_real + loss_fake + reading_loss
        if fakes_too:
            discriminator_loss += asking_loss
        generator_loss = gan.generator_loss(fake_logits)
        generator_total = generator_loss + weight * asking_loss
    move(gan.discriminator, gan.discriminator_optimizer, tape, discriminator_loss)
    move(gan.generator, gan.generator_optimizer, tape, generator_total)
    values = dict(zip(LOSSES, (generator_loss, loss_real, loss_fake)))
    values |= {"reading_loss": reading_loss, "asking_loss": asking_loss}
    return values | opinions(real_logits, fake_logits)


def opinions(real_logits, fake_logits):
    """Tells what D believes of each image, and whether it is right.

    Args:
        real_logits: D's logits of real images, `(n, 1)`.
        fake_logits: D's logits of fakes, `(m, 1)`.

    Returns:
        A dict: `probability_real` and `probability_fake`, how likely D takes each
        image to be real; `discriminator_accuracy`, 1 for each answer that is right.

    Example:
        >>> found = opinions(tf.constant([[0.0], [2.0]]), tf.constant([[-1.0]]))
        >>> found["discriminator_accuracy"].numpy().ravel()
        array([0., 1., 1.], dtype=float32)
    """
    right = tf.concat([real_logits > 0, fake_logits <= 0], axis=0)
    return {
        "probability_real": tf.sigmoid(real_logits),
        "probability_fake": tf.sigmoid(fake_logits),
        "discriminator_accuracy": tf.cast(right, tf.float32),
    }


def alternating_step(
    gan,
    real_images,
    latents,
    turns,
    optimizers=("discriminator",),
    at_once=False,
    generator_batches=1,
    fresh_latents=True,
    reduce=tf.add_n,
    head_start=0,
):
    """Updates D in its turns, then G, which sees D as it is by then.

    D's fakes are drawn with G at rest (`training=False`), as `predict` draws them.
    D's loss is the cross-entropy, whatever loss the GAN was given. Give the options by
    `functools.partial`.

    Args:
        gan: a `GAN`.
        real_images: float32 `(n, height, width, channels)` in G's pixel range.
        latents: float32 `(n, latent_dim)`.
        turns: D's updates in their order, each `REAL`, `FAKE` or `MERGED`.
        optimizers: names of D's optimizers: one for all turns, or one a turn.
        at_once: whether all gradients are taken before D moves, as one call of
            TensorFlow 1's `sess.run` did; else each turn sees D as the last left it.
        generator_batches: fakes in G's update, for each real image.
        fresh_latents: whether G's update draws latent points of its own, instead
            of those that D was trained with.
        reduce: turns the losses of a merged batch into one: `tf.add_n`, or
            `tf.reduce_mean`.
        head_start: steps at the beginning in which only D is trained.

    Returns:
        A dict of the three losses of `LOSSES` before their updates, of what
        `opinions` returns, and of `generator_accuracy`: whether D took each fake of
        G's update for real.

    Raises:
        ValueError: a kind of image is in no turn, there is neither one optimizer
            nor one a turn, or G has no latent points of its own but another batch.

    Source:
        Goodfellow et al., Generative Adversarial Nets, 2014, algorithm 1.
    """
    _check_turns(turns, optimizers, generator_batches, fresh_latents)
    images = {"real": real_images, "fake": gan.generator(latents, training=False)}
    if len(optimizers) == 1:
        optimizers = optimizers * len(turns)
    logits, halves, moves = {}, {}, []
    for kinds, name in zip(turns, optimizers):
        with tf.GradientTape() as tape:
            batch = tf.concat([images[kind] for kind in kinds], axis=0)
            parts = tf.split(gan.discriminator(batch, training=True), len(kinds))
            for kind, part in zip(kinds, parts):
                logits[kind] = part
                halves[kind] = losses.cross_entropy(part, TARGETS[kind])
            loss = reduce([halves[kind] for kind in kinds])
        weights = gan.discriminator.trainable_variables
        moves.append((gan.optimizers[name], tape.gradient(loss, weights), weights))
        if not at_once:
            _apply(moves)
    _apply(moves)

    if fresh_latents:
        count = generator_batches * tf.shape(real_images)[0]
        latents = gan.draw_latents(count, draw=1)
    loss, fooled = _move_generator(gan, latents, head_start)
    values = dict(zip(LOSSES, (loss, halves["real"], halves["fake"])))
    values["generator_accuracy"] = tf.cast(fooled > 0, tf.float32)
    return values | opinions(logits["real"], logits["fake"])


def _apply(moves):
    """Moves weights, and empties the list of the moves to be made."""
    while moves:
        optimizer, gradients, weights = moves.pop(0)
        optimizer.apply(gradients, weights)


def _check_turns(turns, optimizers, generator_batches, fresh_latents):
    missing = sorted(set(MERGED) - {kind for turn in turns for kind in turn})
    if missing:
        raise ValueError(
            f"D's turns {turns} leave out {' and '.join(missing)} images. "
            "Give turns that have both kinds, as (REAL, FAKE) or (MERGED,) have."
        )
    if len(optimizers) not in (1, len(turns)):
        raise ValueError(
            f"{len(optimizers)} optimizers were given for {len(turns)} "
            "turns of D; give one for all turns, or one a turn."
        )
    if generator_batches != 1 and not fresh_latents:
        raise ValueError(
            f"G was given {generator_batches} batches and the latent points of D's "
            "update. Give it some of its own, or leave generator_batches out."
        )


def _move_generator(gan, latents, head_start):
    """Updates G, once the head start of D is over; returns its loss and D's logits."""

    def look(training):
        fake_images = gan.generator(latents, training=training)
        fake_logits = gan.discriminator(fake_images, training=True)
        return gan.generator_loss(fake_logits), fake_logits

    def update():
        with tf.GradientTape() as tape:
            loss, fake_logits = look(training=True)
        move(gan.generator, gan.generator_optimizer, tape, loss)
        return loss, fake_logits

    if head_start == 0:
        return update()
    return tf.cond(gan.step_count < head_start, lambda: look(training=False), update)


def classifier_step(model, batch):
    """Updates the network `classifier` once, on labelled images.

    Args:
        model: a `Trainable` with a network and an optimizer `classifier`.
        batch: `(images, labels)`: float32 images and integers `(n,)`.

    Returns:
        A dict: `loss`, the cross-entropy in nats, a scalar; `accuracy`, 1 for each
        image that was read right.
    """
    images, labels = batch
    network = model.networks["classifier"]
    with tf.GradientTape() as tape:
        logits = network(images, training=True)
        loss = label_cross_entropy(logits, labels)
    move(network, model.optimizers["classifier"], tape, loss)
    right = tf.argmax(logits, axis=1) == tf.cast(labels, tf.int64)
    return {"loss": loss, "accuracy": tf.cast(right, tf.float32)}


def label_cross_entropy(logits, labels):
    """Takes the mean cross-entropy of labels.

    Args:
        logits: float32 `(n, kinds)`.
        labels: integers `(n,)`, from 0 to kinds - 1.

    Returns:
        A scalar, in nats.

    Example:
        >>> label_cross_entropy(tf.zeros((3, 10)), [1, 2, 3]).numpy().round(3)
        np.float32(2.303)
    """
    labels = tf.cast(labels, tf.int64)
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    )


def move(network, optimizer, tape, loss):
    """Moves a network against the gradient of a loss.

    Args:
        network: a `keras.Model`.
        optimizer: its own.
        tape: a `tf.GradientTape` on which the loss was computed.
        loss: a scalar.
    """
    weights = network.trainable_variables
    optimizer.apply(tape.gradient(loss, weights), weights)
