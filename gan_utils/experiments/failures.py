"""Breaks a healthy training in one way after another, and keeps what can be seen.

python -m gan_utils.experiments.failures [NAME ...] [--seeds 0 1 2 3] [--out data]

Each takes about fifteen seconds a seed. What is there already is not run again. By
the first four seeds the doctor's thresholds were set; by others it is tested. All
without a name. Whatever was run is added to data/failures.json, and samples of the
first seed to data/failures.npz.
"""

import functools
import json

from gan_utils import losses, models, paths, penalties, plotting
from gan_utils.experiments.forgers import lengthened_loss
from gan_utils.experiments.trials import AS_CRITIC, INTERVAL, Trial, parse, run
from gan_utils.judge import load_judge

import numpy as np
from keras.optimizers import SGD, Adam

KEEP_AT = (100, 300, 600)
HEALTHY = Trial()
CRITIC = HEALTHY.vary(**AS_CRITIC, penalty=penalties.gradient_penalty)


def swapped(real_logits, fake_logits):
    """D's loss with its labels the wrong way round."""
    return losses.cross_entropy_discriminator_loss(fake_logits, real_logits)


def faint(fake_logits):
    """G's loss times a small constant, which Adam divides away."""
    return 0.003 * losses.non_saturating_generator_loss(fake_logits)


# What is changed, and a part of the advice that the doctor gives, None for none.
FAILURES = {
    "healthy": ("nothing", HEALTHY, None),
    "d_too_strong": (
        "G's learning rate is 0.0002 in place of 0.003",
        HEALTHY.vary(rates=(2e-4, 1e-3)),
        "lower its rate",
    ),
    "saturating_loss": (
        "G lowers log(1 - D), and D's learning rate is 0.003",
        HEALTHY.vary(
            generator_loss=losses.saturating_generator_loss, rates=(3e-3, 3e-3)
        ),
        "take the non-saturating one",
    ),
    "collapse": (
        "D's learning rate is 0.00003 in place of 0.001",
        HEALTHY.vary(rates=(3e-3, 3e-5)),
        "raise the rate of D",
    ),
    "partial_collapse": (
        "D's learning rate is 0.0001 in place of 0.001",
        HEALTHY.vary(rates=(3e-3, 1e-4)),
        "raise the rate of D",
    ),
    "momentum": (
        "Adam's beta_1 is 0.9 in place of 0.5",
        HEALTHY.vary(optimizer=functools.partial(Adam, beta_1=0.9)),
        None,
    ),
    "rates_too_high": (
        "both learning rates are 100 times as high",
        HEALTHY.vary(rates=(3e-1, 1e-1)),
        "lower both learning rates",
    ),
    "not_a_number": (
        "the optimizer is SGD with a learning rate of 10",
        HEALTHY.vary(optimizer=SGD, rates=(10.0, 10.0)),
        None,
    ),
    "norm_separate": (
        "D has batch norm, real and fake images come in two batches",
        HEALTHY.vary(behind=(models.batch_norm,)),
        None,
    ),
    "norm_mixed": (
        "D has batch norm, real and fake images come in one batch",
        HEALTHY.vary(behind=(models.batch_norm,), mixed=True),
        None,
    ),
    "training_false": (
        "G is trained with training=False",
        HEALTHY.vary(generator_training=False),
        None,
    ),
    "d_frozen": (
        "D's learning rate is 0: it never moves",
        HEALTHY.vary(rates=(3e-3, 0.0)),
        "whether its weights change",
    ),
    "range_0_to_1": (
        "real pixels go from 0 to 1, G's from -1 to 1",
        HEALTHY.vary(pixel_range=(0.0, 1.0)),
        "bring both into one range",
    ),
    "range_0_to_255": (
        "real pixels go from 0 to 255, G's from -1 to 1",
        HEALTHY.vary(pixel_range=(0.0, 255.0)),
        "bring both into one range",
    ),
    "labels_swapped": (
        "D is taught that real is 0 and fake is 1",
        HEALTHY.vary(discriminator_loss=swapped),
        "its labels are swapped",
    ),
    "faint_loss": (
        "G's loss is multiplied by 0.003",
        HEALTHY.vary(generator_loss=faint),
        None,
    ),
    "lengthened_loss": (
        "saturating_loss, its gradient as long as the other loss's in each batch",
        HEALTHY.vary(generator_loss=lengthened_loss, rates=(3e-3, 3e-3)),
        None,
    ),
    "critic": (
        "D is a critic that pays for slopes other than 1",
        CRITIC,
        None,
    ),
    "critic_steep": (
        "the critic's penalty weighs 0.1 in place of 10",
        CRITIC.vary(penalty=functools.partial(penalties.gradient_penalty, weight=0.1)),
        "look at its penalty",
    ),
    "critic_unbounded": (
        "the critic pays for nothing",
        CRITIC.vary(penalty=None),
        "look at its penalty",
    ),
    "critic_outruns": (
        "G's learning rate is 0.00003 in place of 0.003, beside a critic",
        CRITIC.vary(rates=(3e-5, 1e-3)),
        "lower its rate",
    ),
    "slow_both": (
        "both learning rates are 15 times as low",
        HEALTHY.vary(rates=(2e-4, 1e-3 / 15)),
        None,
    ),
}
CONTROLS = ("faint_loss", "lengthened_loss", "slow_both")
CRITICS = ("critic", "critic_steep", "critic_unbounded", "critic_outruns")
CURVES_ALONE = (*CONTROLS, *CRITICS)  # no samples are kept


def rounded(values):
    """Keeps four digits: enough to draw, and a quarter of the room."""
    return [float(f"{value:.4g}") for value in values]


def gather(folder, record):
    """Adds all runs in a folder to a record, by failure and by seed."""
    found = {}
    for name, (change, _, sign) in FAILURES.items():
        runs = record["failures"].get(name, {}).get("runs", {})
        for path in sorted(folder.glob(f"{name}_[0-9]*.json")):
            run_of = json.loads(path.read_text(encoding="utf-8"))
            curves = {key: rounded(of) for key, of in run_of["curves"].items()}
            seed = path.stem.rpartition("_")[2]
            kept = {key: run_of[key] for key in ("result", "stopped")}
            runs[seed] = {**kept, "curves": curves}
        in_order = {seed: runs[seed] for seed in sorted(runs, key=int)}
        found[name] = {"change": change, "sign": sign, "runs": in_order}
    return {"interval": INTERVAL, "failures": found}


def gather_samples(folder, kept):
    """Adds samples `(moments, 10, height, width)` in a folder to those of a record."""
    for name in FAILURES.keys() - {*CURVES_ALONE}:
        path = folder / f"{name}_0.npz"
        if path.exists():
            with np.load(path) as archive:
                kept[name] = archive["samples"][:, :10]
    return kept


def main():
    options = parse("failures", FAILURES, [0, 1, 2, 3])
    judge = load_judge()
    for name in options.names:
        _, trial, _ = FAILURES[name]
        for seed in options.seeds:
            path = options.out / f"{name}_{seed}.json"
            if path.exists():
                continue
            found = run(trial, seed, judge, KEEP_AT)
            samples = found.pop("samples")
            if seed == 0 and samples and name not in CURVES_ALONE:
                pixels = np.stack([plotting.to_uint8(each[:20]) for each in samples])
                np.savez_compressed(path.with_suffix(".npz"), samples=pixels)
            path.write_text(json.dumps(found))
            print(
                name, seed, found["result"], found["told"], found["stopped"], flush=True
            )
    path = paths.MNIST.with_name("failures.json")
    record = gather(options.out, json.loads(path.read_text(encoding="utf-8")))
    lines = json.dumps(record).replace('{"result"', '\n{"result"')
    path.write_text(lines + "\n", encoding="utf-8")
    path = path.with_suffix(".npz")
    kept = dict(np.load(path)) if path.exists() else {}
    np.savez_compressed(path, **gather_samples(options.out, kept))


if __name__ == "__main__":
    main()
