"""Speed of a slider, side by side with the plain way, and how well points are found.

python -m gan_utils.experiments.latents
"""

import io
import statistics
import time

from gan_utils import compiled, data, latent, metrics, models, widgets
from gan_utils.store import load_pretrained

import matplotlib.pyplot as plt
import numpy as np

ROUNDS = 5
EVENTS = 40


def timed(work):
    """Returns the milliseconds that a call takes, and what it returns."""
    started = time.perf_counter()
    result = work()
    return 1000 * (time.perf_counter() - started), result


def slider(generator, count):
    """Returns a function that moves a slider over `count` images."""
    sample = compiled.make_sampler(generator)
    points = latent.sample_latents(count, models.latent_dim(generator), seed=0)
    box = widgets.explore(lambda shift: sample(points + shift), shift=(0, 1000, 1, 0))
    control = box.children[0]

    def move():
        control.value += 1

    return move


def plain(generator, count):
    """Returns a function that draws the same with `predict` and a new figure."""
    points = latent.sample_latents(count, models.latent_dim(generator), seed=0)

    def draw():
        images = generator.predict(points, verbose=0)
        figure, panels = plt.subplots(1, count, figsize=(count, 1), squeeze=False)
        for panel, image in zip(panels[0], images):
            panel.imshow(image[..., 0], cmap="gray")
            panel.axis("off")
        figure.savefig(io.BytesIO(), format="png")
        plt.close(figure)

    return draw


def print_sliders(generator):
    print("\n| ms an update, median | one image | strip of ten |\n|---|---|---|")
    ways = {
        (name, count): way(generator, count)
        for name, way in (("slider", slider), ("predict and figure", plain))
        for count in (1, 10)
    }
    times = {key: [] for key in ways}
    for work in ways.values():
        work()
    for _ in range(ROUNDS):
        for key, work in ways.items():
            times[key] += [timed(work)[0] for _ in range(EVENTS // ROUNDS)]
    found = {key: statistics.median(values) for key, values in times.items()}
    for name in ("slider", "predict and figure"):
        print(f"| {name} | {found[name, 1]:.1f} | {found[name, 10]:.1f} |")
    ratios = [found["predict and figure", n] / found["slider", n] for n in (1, 10)]
    print(f"| ratio | {ratios[0]:.0f} | {ratios[1]:.0f} |")


def print_inversion(generator, read):
    """Searches the points of test digits as lesson 8 does."""
    points = latent.sample_latents(10_000, models.latent_dim(generator), seed=0)
    sample = compiled.make_sampler(generator)
    flat = sample(points).reshape(len(points), -1)
    _, (x_test, y_test) = data.load_mnist()
    chosen = np.random.default_rng(0).choice(len(x_test), 200, replace=False)
    print("\n| test digits | seconds | same digit read | mean squared difference |")
    print("|---|---|---|---|")
    for rows in (chosen[:16], chosen):
        targets = data.scale_pixels(x_test[rows]).numpy()

        def search(targets=targets):
            wanted = targets.reshape(len(targets), -1)
            starts = [
                points[part::3][metrics.nearest(wanted, flat[part::3])[0]]
                for part in range(3)
            ]
            return latent.invert(compiled.make_matcher(generator, targets), starts)

        milliseconds, (found, losses) = timed(search)
        same = read(sample(found))[1].argmax(axis=1) == y_test[rows]
        print(
            f"| {len(rows)} | {milliseconds / 1000:.1f} | {same.mean():.1%} "
            f"| {losses.mean():.4f} |"
        )


def main():
    generator = load_pretrained("dcgan")
    print_sliders(generator)
    print_inversion(generator, compiled.make_reader(load_pretrained("classifier")))


if __name__ == "__main__":
    main()
