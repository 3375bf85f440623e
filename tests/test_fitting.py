"""Training goes on bit for bit, and what is saved is whole and good."""

from gan_utils import callbacks, data, fitting, latent, models, training
from gan_utils.fitting import Checkpoint
from tests.test_training import (
    IMAGES,
    LATENT_DIM,
    adam,
    bad_from,
    fit,
    make_gan,
    same,
    state,
)

import keras
import numpy as np
import pytest


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_bad_loss_stops_training_and_is_not_saved(value, tmp_path):
    gan = make_gan(steps_per_execution=4, generator_loss=bad_from(9, value))
    saver = Checkpoint(gan, tmp_path, seconds=0)
    with pytest.raises(FloatingPointError, match=r"generator_loss .* at step 9"):
        gan.fit(
            data.batches(IMAGES, 16, 0),
            epochs=4,
            steps_per_epoch=4,
            callbacks=[saver],
            verbose=0,
        )
    assert gan.step == 12  # the end of the execution in which step 9 ran
    with pytest.raises(FloatingPointError):
        saver.save()
    fresh = make_gan()
    Checkpoint(fresh, tmp_path)
    assert fresh.step == 8
    assert all(np.isfinite(values).all() for values in state(fresh))


def test_bad_weights_are_not_saved_over_good_ones(tmp_path):
    gan = make_gan()
    saver = Checkpoint(gan, tmp_path)
    saver.save()
    gan.generator.weights[0].assign(np.nan * gan.generator.weights[0])
    with pytest.raises(FloatingPointError, match="of the generator is not finite"):
        saver.save()
    fresh = make_gan()
    Checkpoint(fresh, tmp_path)
    assert all(np.isfinite(values).all() for values in state(fresh))


@pytest.mark.parametrize("dropout", [False, True], ids=["without dropout", "dcgan"])
def test_training_resumes_bit_for_bit(dropout, tmp_path):
    whole = make_gan(dropout=dropout)
    fit(whole, 8)
    first = make_gan(dropout=dropout)
    fit(first, 4, [Checkpoint(first, tmp_path)])
    second = make_gan(dropout=dropout)
    Checkpoint(second, tmp_path)
    assert second.step == 4
    fit(second, 8)
    assert same(state(whole), state(second))


def differences(first, second):
    """Returns by how much any tensor of two trainings differs, by name and place."""
    pairs = {
        (name, place): (a.numpy(), b.numpy())
        for name, tensors in first.state().items()
        for place, (a, b) in enumerate(zip(tensors, second.state()[name], strict=True))
    }
    return {
        key: float(np.abs(a.astype(float) - b.astype(float)).max())
        for key, (a, b) in pairs.items()
        if not np.array_equal(a, b)
    }


class InterruptAt(keras.callbacks.Callback):
    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_end(self, batch, logs=None):
        if self.model.step == self.step:  # so this interval has no end
            raise KeyboardInterrupt


@pytest.mark.parametrize("step", [4, 8])
def test_an_interrupt_saves_and_training_goes_on_from_there(step, tmp_path):
    whole = make_gan()
    fit(whole, 8)
    gan = make_gan()
    with pytest.raises(KeyboardInterrupt, match=f"after step {step}"):
        fit(gan, 8, [Checkpoint(gan, tmp_path, seconds=3600), InterruptAt(step)])
    resumed = make_gan()
    Checkpoint(resumed, tmp_path)
    assert resumed.step == step
    if step < 8:
        fit(resumed, 8)
    assert differences(whole, resumed) == {}


def test_a_step_that_is_saved_is_not_written_again(tmp_path, monkeypatch):
    gan = make_gan()
    saver = Checkpoint(gan, tmp_path, seconds=0)
    written = []
    monkeypatch.setattr(saver._manager, "save", written.append)
    fit(gan, 4, [saver])
    assert written == [2, 4]


def test_an_interrupt_before_the_first_step_is_an_interrupt(tmp_path, monkeypatch):
    gan = make_gan()

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(keras.Model, "fit", interrupted)
    log = callbacks.TensorBoardLog(tmp_path / "log", latent.sample_latents(4, 8, 0))
    with pytest.raises(KeyboardInterrupt, match="after step 0"):
        fit(gan, 8, [callbacks.ProgressBar(), log, Checkpoint(gan, tmp_path)])


def test_checkpoints_are_saved_by_the_clock(tmp_path, monkeypatch):
    gan = make_gan()
    now = [0.0]
    monkeypatch.setattr(fitting.time, "monotonic", lambda: now[0])
    saver = Checkpoint(gan, tmp_path, seconds=20)
    saved = []
    monkeypatch.setattr(saver, "save", lambda: saved.append(now[0]))
    for now[0] in (5.0, 19.0, 20.0):
        saver.on_epoch_end(0)
    assert saved == [20.0]


def test_a_foreign_checkpoint_is_named(tmp_path):
    gan = make_gan()
    Checkpoint(gan, tmp_path).save()
    other = training.GAN(
        models.build_generator(LATENT_DIM, channels=8),
        models.build_discriminator(channels=4),
        seed=0,
    )
    other.compile(adam(), adam())
    with pytest.raises(ValueError, match="made by other networks"):
        Checkpoint(other, tmp_path)


def test_a_checkpoint_leaves_the_learning_rates_alone(tmp_path):
    Checkpoint(make_gan(), tmp_path).save()
    gan = make_gan()
    gan.generator_optimizer.learning_rate = 0.25
    Checkpoint(gan, tmp_path)
    assert float(gan.generator_optimizer.learning_rate) == 0.25


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_the_last_whole_checkpoint_loads_when_a_later_one_is_damaged(tmp_path):
    gan = make_gan()
    fit(gan, 4, [Checkpoint(gan, tmp_path, seconds=0)])
    expected = make_gan()
    fit(expected, 2)
    truncate(tmp_path / "ckpt-4.data-00000-of-00001")
    resumed = make_gan()
    Checkpoint(resumed, tmp_path)
    assert resumed.step == 2
    assert same(state(expected), state(resumed))


def test_a_folder_of_damaged_checkpoints_is_named(tmp_path):
    Checkpoint(make_gan(), tmp_path).save()
    truncate(tmp_path / "ckpt-0.data-00000-of-00001")
    with pytest.raises(OSError, match="can be read; they are damaged"):
        Checkpoint(make_gan(), tmp_path)


def test_only_two_checkpoints_are_kept(tmp_path):
    gan = make_gan()
    fit(gan, 8, [Checkpoint(gan, tmp_path, seconds=0)])
    assert len(list(tmp_path.glob("*.index"))) == 2


def test_a_full_disk_is_an_error_and_what_was_saved_stays(tmp_path):
    gan = make_gan()
    saver = Checkpoint(gan, tmp_path)
    fit(gan, 4, [saver])
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="step 6 could not be written"):
            fit(gan, 6, [saver])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    fresh = make_gan()
    Checkpoint(fresh, tmp_path)
    assert fresh.step == 4
