"""How each model of the series is trained: a row of settings for each name."""

from functools import partial

from gan_utils import colour, critics, data, losses, models, penalties
from gan_utils.classic_recipes import CLASSICS
from gan_utils.gan import normal_with_kinds
from gan_utils.settings import BOTH, Recipe, adams, make_trainable, pair
from gan_utils.steps import classifier_step, conditional_step, reading_step

from keras.layers import Identity
from keras.optimizers import Adam
from keras.optimizers.schedules import CosineDecay

# Both rates follow a half cosine, and training ends with it: the number of steps was
# fixed before it began.
DCGAN = Recipe(
    about="The DCGAN, with a wider generator behind two more dense layers and a D that "
    "learns to read the digits, too",
    networks=pair(
        partial(models.build_mapped_generator, channels=48, depth=2),
        partial(models.build_reading_discriminator, dropout=0.1),
    ),
    optimizers=adams(
        *[CosineDecay(rate, 24_000, alpha=0.02) for rate in (2e-3, 1e-3)], beta_2=0.99
    ),
    step=reading_step,
    labelled=True,
    discriminator_loss=losses.smoothed_discriminator_loss,
    batch_size=128,
    steps=24_000,
    interval=100,
    judge_every=1000,
    ships=BOTH,
)

CONDITIONAL = DCGAN.vary(
    about="The DCGAN's generator, told which digit to draw, and a D that is told it by "
    "planes of pixels",
    networks=pair(
        partial(models.build_conditional_generator, channels=48, depth=2),
        partial(models.build_plane_discriminator, dropout=0.1),
    ),
    optimizers=adams(
        *[CosineDecay(rate, 36_000, alpha=0.02) for rate in (1e-3, 2e-3)], beta_2=0.99
    ),
    averaging=0.1,
    step=conditional_step,
    prior=normal_with_kinds,
    steps=36_000,
)

LESSON_05 = Recipe(
    about="The GAN that lesson 5 trains",
    networks=pair(
        models.build_mapped_generator, partial(models.build_discriminator, dropout=0.1)
    ),
    optimizers=adams(2e-3, 1e-3, beta_2=0.99),
    discriminator_loss=losses.smoothed_discriminator_loss,
    batch_size=128,
    steps=4_500,
)

CLASSIFIER = Recipe(
    about="A classifier of digits, whose features judge generated images",
    networks={"classifier": models.build_classifier},
    optimizers={"classifier": partial(Adam, CosineDecay(2e-3, 4_700))},
    step=classifier_step,
    labelled=True,
    batch_size=128,
    steps=4_700,
    ships=("classifier",),
    make=make_trainable,
)

THREE = (28, 28, 3)  # three digits in three channels
STACKED_PLAIN = Recipe(
    about="The DCGAN's networks for stacked digits, both rates 0.0002, as in its paper",
    networks=pair(
        partial(models.build_generator, shape=THREE),
        partial(models.build_discriminator, shape=THREE),
    ),
    optimizers=adams(2e-4, 2e-4),
    change=data.stack_digits,
    batch_size=64,
    steps=10_000,
    judge_every=1000,
    precision="float16",
    samples=26_000,
)
STACKED = STACKED_PLAIN.vary(
    about="The DCGAN's networks for stacked digits, D without batch norm and dropout, "
    "both rates 0.001",
    networks=STACKED_PLAIN.networks
    | {
        "discriminator": partial(
            models.build_discriminator, shape=THREE, norm=Identity, dropout=0.0
        )
    },
    optimizers=adams(1e-3, 1e-3),
)

# The rates stay for half of the steps, and follow half a cosine then.
PAIRED_STEPS = 64_000
PAIRED_RATE = CosineDecay(
    2e-3,
    PAIRED_STEPS // 2,
    alpha=0.02,
    warmup_target=2e-3,
    warmup_steps=PAIRED_STEPS // 2,
)
GAMMA = 0.4  # the weight of both penalties
STACKED_PAIRS = STACKED_PLAIN.vary(
    about="Stacked digits by pairs of images, with a D that looks at each channel by "
    "the same layers and at all together, and pays for its slopes at both of a pair",
    networks=pair(
        partial(models.build_generator, channels=64, shape=THREE),
        partial(models.build_channelwise_discriminator, shape=THREE),
    ),
    optimizers=adams(PAIRED_RATE, PAIRED_RATE, beta_1=0.0, beta_2=0.99),
    step=partial(
        critics.penalised_step,
        penalty=partial(penalties.zero_centred_penalty, weight=GAMMA, at_fakes=True),
        paired=True,
    ),
    batch_size=16,
    steps=PAIRED_STEPS,
    interval=100,
    judge_every=4000,
)

SMALL = (32, 32, 3)  # a coloured digit, half as wide and high as the article's


def over_portrait(digits, seed):
    """Lays digits over small pieces of the portrait, each under a lamp of its own."""
    portrait = colour.load_portrait()
    return colour.colour_digits(digits, portrait, seed, colour.shine, side=SMALL[0])


# Training ends where the half cosine of both rates does, fixed before it began.
COLOUR = Recipe(
    about="Coloured digits over a portrait, by a generator of paper and stencil",
    networks=pair(
        partial(models.build_stencil_generator, shape=SMALL),
        partial(models.build_discriminator, shape=SMALL),
    ),
    optimizers=adams(*[CosineDecay(rate, 10_000, alpha=0.02) for rate in (3e-3, 5e-4)]),
    discriminator_loss=losses.smoothed_discriminator_loss,
    change=over_portrait,
    batch_size=64,
    steps=10_000,
    interval=100,
    judge_every=1000,
)

RECIPES = {
    "dcgan": DCGAN,
    "conditional": CONDITIONAL,
    "lesson_05": LESSON_05,
    "classifier": CLASSIFIER,
    "stacked": STACKED,
    "stacked_plain": STACKED_PLAIN,
    "colour": COLOUR,
    **CLASSICS,
}


def find(name):
    """Returns the recipe of a name; raises `ValueError` that lists the names."""
    if name not in RECIPES:
        known = ", ".join(RECIPES)
        raise ValueError(f"There is no model {name!r}; there are: {known}.")
    return RECIPES[name]
