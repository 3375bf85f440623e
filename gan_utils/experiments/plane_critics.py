"""Trains GANs on the ring by each loss with each penalty, and critics of the grid.

python -m gan_utils.experiments.plane_critics [--out data/plane_critics.json] [--show]

As `experiments.critics` on digits. Besides: a critic that is given what the grid needs,
and what a G can still learn from a D that was trained alone before. Writes the record
after each training and goes on from what is there, one core for an hour and a half in
all. `--show` prints the shipped one.
"""

import functools

from gan_utils import losses, models, paths, penalties, playground
from gan_utils.experiments import critics, shipped
from gan_utils.experiments.trials import AS_CRITIC, Trial, run
from gan_utils.models.classics import LESS_LEAKY

from keras import layers
from keras.optimizers import Adam

PLACE = paths.MNIST.with_name("plane_critics.json")
FIGURES = {"type": "object", "additionalProperties": {"type": "number"}}
SCHEMA = {
    "type": "object",
    "additionalProperties": {"type": "object", "additionalProperties": FIGURES},
}
# The penalty's weight suits the distances: Gulrajani et al. took .1 in the plane, too.
WEIGHT = 0.1


def penalty_of(weight):
    """Returns the penalty for slopes that are not 1, of a weight."""
    return functools.partial(penalties.gradient_penalty, weight=weight)


RING = Trial(rates=(2e-3, 6e-3), mixture=playground.RING, batch_size=128, steps=3000)
TABLE = critics.table(RING, WEIGHT)
MISTAKES = critics.with_mistakes(RING, WEIGHT)
# Wider and deeper networks, five moves of the critic for one of G, time, and Adam with
# the averages of Gulrajani et al.
GRID = RING.vary(
    **AS_CRITIC,
    penalty=penalty_of(WEIGHT),
    mixture=playground.GRID,
    hidden=(256, 256, 256),
    rates=(1e-3, 1e-3),
    optimizer=functools.partial(Adam, beta_1=0.0, beta_2=0.9),
    generator_every=5,
    steps=20_000,
)
USUAL = GRID.vary(
    critic=False,
    penalty=None,
    generator_loss=RING.generator_loss,
    discriminator_loss=RING.discriminator_loss,
)


def r1_of(weight):
    """Returns the penalty for slopes at real points, of a weight."""
    return functools.partial(penalties.zero_centred_penalty, weight=weight)


# Where batch norm stands, and before which activation: D on digits has it before a
# leaky ReLU, `TABLE` behind a ReLU.
PLACES = {
    "before ReLU": (models.batch_norm, layers.ReLU),
    "behind leaky ReLU": (LESS_LEAKY, models.batch_norm),
    "before leaky ReLU": (models.batch_norm, LESS_LEAKY),
}
AHEAD = RING.vary(head_start=2000, steps=5000)
KINDS = {
    "grid: critic": GRID,
    "grid: one critic step for one of G": GRID.vary(generator_every=1),
    "grid: usual D": USUAL,
    "grid: R1 of 0.1": USUAL.vary(penalty=r1_of(0.1)),
    "grid: R1 of 1": USUAL.vary(penalty=r1_of(1.0)),
    "grid: small networks": GRID.vary(hidden=(128, 128)),
    "weight: 1": RING.vary(**AS_CRITIC, penalty=penalty_of(1.0)),
    "weight: 10, as for images": RING.vary(**AS_CRITIC, penalty=penalty_of(10.0)),
    "ring: R1 of 0.2": RING.vary(penalty=r1_of(0.2)),  # slopes weigh as WEIGHT has it
    "ring: leaky ReLU": RING.vary(activation=None, behind=(LESS_LEAKY,)),
    **{
        f"batch norm {place}": RING.vary(activation=None, behind=behind)
        for place, behind in PLACES.items()
    },
    "ahead: saturating loss": AHEAD.vary(
        generator_loss=losses.saturating_generator_loss
    ),
    "ahead: usual loss": AHEAD,
    "ahead: critic": AHEAD.vary(**AS_CRITIC, penalty=penalty_of(WEIGHT)),
}
TRIALS = TABLE | MISTAKES | KINDS
PLAN = dict.fromkeys(TABLE | KINDS, critics.SEEDS)
PLAN |= dict.fromkeys(
    [*critics.BESIDE, *MISTAKES, "grid: critic"], critics.MISTAKES_SEEDS
)


def train(name, seed):
    """Trains one of `TRIALS`; returns its covered modes and its share of good points.

    A training that broke off has no figures.
    """
    return critics.rounded(run(TRIALS[name], seed)["result"])


def lay_out(record):
    """Returns the figures of each training, in Markdown."""
    lines = ["| | modes, and good points, seed by seed |", "|---|---|"]
    for name, by_seed in record.items():
        cells = [
            f"{found['covered']:.0f}, {found['good']:.0%}" if found else "broke off"
            for found in by_seed.values()
        ]
        lines.append(f"| {name} | {' · '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main(arguments=None):
    shipped.run_trainings(
        "plane_critics", PLACE, SCHEMA, PLAN, train, lay_out, arguments
    )


if __name__ == "__main__":
    main()
