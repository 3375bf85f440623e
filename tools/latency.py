"""Measures how long a picture takes to follow a key.

python -m tools.latency

From the key to the last image that was loaded because of it, measured in the page.
"""

from tests.browser.lab import open_browser, open_lesson, serve_lessons

import numpy as np

PRESSES = 50
SLIDERS = (  # lesson, kind of widget, which of its kind
    ("build_the_generator", "explore", 1),
    ("give_directions_a_meaning", "explore", 0),
    ("morph_through_latent_space", "morph-player", 0),
)
LISTEN = """widget => {
    window.times = {};
    document.addEventListener("keydown", () => times.key = performance.now(), true);
    const image = widget.querySelector("img");
    image.addEventListener("load", () => times.loaded = performance.now());
}"""
WAIT = """widget => new Promise(done => {
    const look = () => {
        const passed = performance.now() - (times.loaded ?? times.key);
        if (times.loaded > times.key && passed > 150) {
            return done(times.loaded - times.key);
        }
        if (performance.now() - times.key > 3000) return done(null);
        setTimeout(look, 20);
    };
    look();
})"""


def latencies(lesson, widget, handle):
    """Returns the milliseconds of each key press that changed the picture."""
    widget.evaluate(LISTEN)
    found = []
    for press in range(PRESSES + 5):
        before = lesson.pixels(widget, still=50)
        lesson.press(handle, "ArrowRight" if press % 6 < 3 else "ArrowLeft")
        found.append(widget.evaluate(WAIT))
        assert found[-1] is None or lesson.pixels(widget, still=50) != before
    return [time for time in found[5:] if time is not None]  # the first ones warm up


def main():
    with open_browser() as browser, serve_lessons() as lab:
        for title in sorted({title for title, _, _ in SLIDERS}):
            with open_lesson(browser, lab, title) as lesson:
                lesson.run()
                for _, kind, place in (one for one in SLIDERS if one[0] == title):
                    widget = lesson.widget(kind, place)
                    for box in widget.locator(".widget-slider").all():
                        name = box.locator("label").inner_text()
                        if name.startswith("frames"):
                            continue  # changes no picture
                        times = latencies(lesson, widget, box.get_by_role("slider"))
                        middle, slow = np.percentile(times, [50, 90])
                        print(
                            f"{title}, {kind}, {name}: median {middle:.0f} ms, "
                            f"9 of 10 within {slow:.0f} ms, {len(times)} presses",
                            flush=True,
                        )


if __name__ == "__main__":
    main()
