"""Whoever opens a lesson sees it run, and every control works by mouse and by keyboard.

Pictures of the widgets, for the eye to judge, go to `runs/browser`; the environment
variable `BROWSER_PICTURES` names another folder.
"""

import itertools
import re

from tests import slices
from tests.browser import conftest
from tests.browser.lab import (
    CUT_OFF,
    HOW,
    MINUTE,
    PICTURES,
    decode,
    find_browser,
    open_cells,
    open_lesson,
    shorten,
    slider,
    value,
)
from tools.lessons import LESSONS

import numpy as np
import pytest
from playwright.sync_api import expect

HANDS = ("mouse", "keyboard")
RED = (213, 60, 0)
CONTROLS = "button:enabled, select, [role=slider]"
# Lessons whose controls are opened without the rest, and what makes them quick.
SHORTER = {
    **dict.fromkeys((2, 9, 10, 12), {}),
    1: {"GAME_STEPS": 300},
    4: {"STEPS": 20},
    7: {"COUNT": 2000},
    8: {"COUNT": 4000, "QUIZ": 6},
    11: {"STEPS": 100},
}
NOT_CONNECTED = """from gan_utils import widgets
import numpy as np
paint = lambda grey: np.full((1, 28, 28), grey)
box, dead = (widgets.explore(paint, grey=(-1.0, 1.0, 0.1, 0.0)) for _ in range(2))
dead.children[0].unobserve_all()
display(box, dead)"""


def photograph(lesson, widget, name):
    """Keeps what a reader sees around a widget; returns what is cut off in it."""
    lesson.page.screenshot(path=PICTURES / f"{lesson.label}_{name}.png")
    return widget.evaluate(CUT_OFF)


def click(lesson, hand, control):
    """Presses a button by one of the hands."""
    control.click() if hand == "mouse" else lesson.press(control, "Space")


def move(lesson, hand, handle, presses=4):
    """Moves a slider to somewhere else by one of the hands."""
    now, low, high = (
        float(handle.get_attribute(f"aria-value{name}"))
        for name in ("now", "min", "max")
    )
    lower_half = now - low < (high - low) / 2
    if hand == "mouse":
        lesson.drag(handle, 0.85 if lower_half else 0.15)
    else:
        lesson.press(handle, *["ArrowRight" if lower_half else "ArrowLeft"] * presses)


def choose(lesson, hand, picker):
    """Chooses a neighbour in a picker; its list opens by a click or by Space."""
    before = picker.input_value()
    first = picker.evaluate("picker => picker.selectedIndex == 0")
    click(lesson, hand, picker)
    for key in ("ArrowDown" if first else "ArrowUp", "Enter"):
        lesson.page.keyboard.press(key)
    expect(picker).not_to_have_value(before)


@pytest.fixture(scope="module")
def lesson_3(browser, lab):
    with open_lesson(browser, lab, 3) as lesson:
        lesson.run()
        yield lesson


@pytest.fixture(scope="module")
def lesson_5(browser, lab):
    # What compares compiled with eager steps takes longer than the rest and shows
    # nothing of its own in a browser; and 20 steps make no digits.
    without = (
        "tf.function(adversarial_step)",
        "compiled is faster",
        "surely read",
    )
    with open_lesson(browser, lab, 5, without, STEPS=20, INTERVAL=10) as lesson:
        yield lesson


@pytest.fixture(scope="module")
def controls(browser, lab):
    """The controls of many lessons, one cell each, in one notebook."""
    cells = []
    for number, parameters in SHORTER.items():
        lesson = shorten(LESSONS[number - 1], **parameters)
        code = [cell.source for cell in lesson.cells if cell.cell_type == "code"]
        cells.append(slices.show_controls(f"lesson_{number}", "\n".join(code)))
    with open_cells(browser, lab, [*cells, NOT_CONNECTED]) as opened:
        opened.run()
        yield opened


def part_of(controls, number):
    """Returns the controls of one lesson."""
    return controls.part([*SHORTER].index(number), f"{number:02}")


@pytest.fixture
def lesson_7(controls):
    return part_of(controls, 7)


@pytest.fixture
def lesson_8(controls):
    return part_of(controls, 8)


@pytest.fixture
def lesson_11(controls):
    return part_of(controls, 11)


def test_without_a_browser_a_reader_is_told_how_to_get_one(monkeypatch, tmp_path):
    monkeypatch.setattr("tests.browser.lab.PLACES", ())
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_browser() is None
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="Install one"):
        conftest.refuse()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="Install one"):
        conftest.refuse()


def test_a_browser_can_be_named(monkeypatch, tmp_path):
    browser = tmp_path / "browser"
    browser.write_text("")
    browser.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(browser))
    assert find_browser() == str(browser)
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "missing"))
    assert find_browser() is None
    assert "CHROMIUM=" in HOW


def test_lesson_3_runs_without_a_complaint(lesson_3):
    assert lesson_3.complaints() == []
    assert photograph(lesson_3, lesson_3.widget("explore"), "explore") == []


@pytest.mark.parametrize("hand", HANDS)
def test_the_sliders_of_lesson_3_change_the_picture(lesson_3, hand):
    box = lesson_3.widget("explore")
    for name in ("coordinate", "value"):
        handle = slider(box, name)
        with lesson_3.changes(box):
            move(lesson_3, hand, handle)


def test_what_a_control_needs_is_all_that_runs():
    code = """
import numpy as np
import keras
count = 3
points = np.zeros(count)
points[0] = 1
far = points + 1
far *= 2
print(far)
def look(size):
    return far[:size]
def unused(size):
    return keras.Input(size)
widgets.explore(look, size=(0, 3, 1, 0))
count = 4
"""
    needed = """def lesson():
    import numpy as np
    count = 3
    points = np.zeros(count)
    points[0] = 1
    far = points + 1
    far *= 2
    def look(size):
        return far[:size]
    display(widgets.explore(look, size=(0, 3, 1, 0)))


lesson()"""
    assert slices.show_controls("lesson", code) == needed


def test_the_controls_open_without_a_complaint(controls):
    assert controls.complaints() == []


@pytest.mark.parametrize(
    ("number", "place", "names"),
    [
        (1, 0, ["moment"]),
        (1, 1, ["share"]),
        (2, 0, ["noise share"]),
        (4, 0, ["number", "distance"]),
        (9, 0, ["value"]),
        (10, 0, ["paper", "stencil"]),
        (12, 0, ["recording", "moment"]),
    ],
)
def test_every_slider_of_a_lesson_changes_its_picture(controls, number, place, names):
    lesson = part_of(controls, number)
    box = lesson.widget("explore", place)
    assert photograph(lesson, box, f"explore_{place + 1}") == []
    assert box.locator(".widget-slider label").all_inner_texts() == names
    for name in names:
        for hand in HANDS:
            with lesson.changes(box):
                move(lesson, hand, slider(box, name))


def test_a_slider_that_is_not_connected_is_noticed(controls):
    notebook = controls.part(len(SHORTER), "not_connected")
    box, dead = (notebook.widget("explore", place) for place in (0, 1))
    for hand in HANDS:
        with notebook.changes(box):
            move(notebook, hand, slider(box, "grey"))
    notebook.patience = 1000
    for hand in HANDS:
        unchanged = pytest.raises(AssertionError, match="does not change")
        with unchanged, notebook.changes(dead):
            move(notebook, hand, slider(dead, "grey"))


def test_after_many_drags_the_last_frame_shows_and_memory_is_given_back(lesson_3):
    box = lesson_3.widget("explore")
    handle = slider(box, "value")

    def drag(times):
        for share in itertools.islice(itertools.cycle((0.9, 0.2, 0.6, 0.35)), times):
            lesson_3.drag(handle, share)

    drag(4)  # what is kept once is kept by now
    lesson_3.pixels(box)
    before = lesson_3.memory()
    drag(12)
    last = lesson_3.pixels(box)
    after = lesson_3.memory()
    for key in ("ArrowLeft", "ArrowRight"):  # a step aside, and the same value anew
        with lesson_3.changes(box):
            lesson_3.press(handle, *[key] * 4)
    assert lesson_3.pixels(box) == last
    assert after["pictures"] <= before["pictures"]
    assert after["page"] - before["page"] < 1
    assert after["kernel"] - before["kernel"] < 4


def test_lesson_5_shows_its_own_training_in_tensorboard(lesson_5):
    stops = lesson_5.select("servers stopped")
    lesson_5.run("Run All Above Selected Cell", stops)
    assert lesson_5.complaints() == []
    lesson_5.page.locator(".jp-OutputArea iframe").scroll_into_view_if_needed()
    frame = lesson_5.page.frame_locator(".jp-OutputArea iframe")
    expect(frame.locator(".reload-button")).to_be_visible(timeout=MINUTE)
    # Reloaded when the server has read the graphs and not yet the curves, TensorBoard
    # turns to its page of graphs, which has no reload button.
    address = lesson_5.page.frames[-1].url.partition("#")[0]
    lesson_5.wait_for_text(f"{address}data/plugin/scalars/tags", "generator_loss")
    frame.locator(".reload-button").click()
    tag = frame.get_by_text("generator_loss").first
    expect(tag).to_be_visible(timeout=MINUTE)
    tag.scroll_into_view_if_needed()
    lesson_5.page.screenshot(path=PICTURES / "05_tensorboard.png")


def test_lesson_5_runs_to_its_end_and_its_slider_changes_the_picture(lesson_5):
    lesson_5.select("servers stopped")
    lesson_5.run("Run Selected Cell and All Below")
    assert lesson_5.complaints() == []
    assert lesson_5.page.get_by_text("servers stopped: 1").count() == 1
    box = lesson_5.widget("explore")
    assert photograph(lesson_5, box, "explore") == []
    for hand in HANDS:
        with lesson_5.changes(box):
            move(lesson_5, hand, slider(box, "share"))


def test_nothing_of_lesson_7_s_controls_is_cut_off(lesson_7):
    kinds = ("morph-player", "explore", "click-grid")
    cut_off = [photograph(lesson_7, lesson_7.widget(kind), kind) for kind in kinds]
    assert not any(cut_off), cut_off


@pytest.mark.parametrize("hand", HANDS)
def test_the_player_plays_and_pauses(lesson_7, hand):
    player = lesson_7.widget("morph-player")
    play, stop, _ = player.locator(".widget-play button").all()
    position = slider(player, "position")
    click(lesson_7, hand, stop)
    expect(position).to_have_attribute("aria-valuenow", "0.0")
    first = lesson_7.pixels(player)
    click(lesson_7, hand, play)
    expect(position).to_have_attribute("aria-valuenow", re.compile(r"[1-5]\d\.0"))
    click(lesson_7, hand, play)
    paused = lesson_7.pixels(player, before=first)
    where = value(position)
    assert lesson_7.pixels(player, still=600) == paused
    assert value(position) == where > 0


@pytest.mark.parametrize("hand", HANDS)
def test_the_player_plays_as_fast_as_it_is_told(lesson_7, hand):
    player = lesson_7.widget("morph-player")
    play = player.locator(".widget-play button").first
    speed, position = slider(player, "frames"), slider(player, "position")
    times = []
    for share, key in ((0, "ArrowLeft"), (1, "ArrowRight")):
        if hand == "mouse":
            lesson_7.drag(speed, share)
        else:
            lesson_7.press(speed, *[key] * 10)
        play.click()
        # The shortest of three: a busy machine delays some, and hurries none.
        times.append(min(lesson_7.time_of_values(position, 5) for _ in range(3)))
        play.click()
        lesson_7.pixels(player)
    slow, fast = times
    assert slow > 2 * fast


@pytest.mark.parametrize("hand", HANDS)
def test_every_other_control_of_the_player_changes_the_picture(lesson_7, hand):
    player = lesson_7.widget("morph-player")
    roll = player.get_by_role("button", name="new end points")
    line, arc = (
        player.get_by_role("button", name=name, exact=True) for name in ("line", "arc")
    )
    with lesson_7.changes(player):
        move(lesson_7, hand, slider(player, "position"))
    lesson_7.drag(slider(player, "position"), 0.5)
    for picker in player.locator("select").all():
        with lesson_7.changes(player):
            choose(lesson_7, hand, picker)
    for button in (roll, line, arc):
        with lesson_7.changes(player):
            click(lesson_7, hand, button)


@pytest.mark.parametrize("hand", HANDS)
def test_the_sliders_of_lesson_7_change_the_picture(lesson_7, hand):
    box = lesson_7.widget("explore")
    handles = box.get_by_role("slider").all()
    assert handles
    for handle in handles:
        with lesson_7.changes(box):
            move(lesson_7, hand, handle)


@pytest.mark.parametrize("hand", HANDS)
def test_an_image_of_the_grid_is_chosen(lesson_7, hand):
    grid = lesson_7.widget("click-grid")
    buttons = grid.get_by_role("button")
    for place in (7, buttons.count() - 1, 0):
        with lesson_7.changes(grid, place=1):
            click(lesson_7, hand, buttons.nth(place))
        small, large = (decode(lesson_7.pixels(grid, image)) for image in (0, 1))
        left, top = (
            round(buttons.nth(place).bounding_box()[side] + 2)
            - round(grid.locator("img").first.bounding_box()[side])
            for side in "xy"
        )
        side = 56  # of 28 pixels, each 2 wide; large they are 6 wide
        assert np.array_equal(
            small[top : top + side : 2, left : left + side : 2], large[::6, ::6]
        )


def test_tab_goes_through_all_controls(lesson_7, lesson_8):
    for lesson, kind in (
        (lesson_7, "morph-player"),
        (lesson_7, "explore"),
        (lesson_7, "click-grid"),
        (lesson_8, "arithmetic-bench"),
        (lesson_8, "real-or-fake"),
    ):
        controls = lesson.widget(kind).locator(CONTROLS).all()
        controls[0].focus()
        for control in controls[1:]:
            lesson.page.keyboard.press("Tab")
            if lesson.page.locator(".widget-readout:focus").count():
                lesson.page.keyboard.press("Tab")
            expect(control).to_be_focused()


def test_nothing_of_lesson_8_s_controls_is_cut_off(lesson_8):
    kinds = ("arithmetic-bench", "real-or-fake")
    cut_off = [photograph(lesson_8, lesson_8.widget(kind), kind) for kind in kinds]
    assert not any(cut_off), cut_off


@pytest.mark.parametrize("hand", HANDS)
def test_every_control_of_the_bench_changes_its_picture(lesson_8, hand):
    bench = lesson_8.widget("arithmetic-bench")
    averages, single, roll = bench.locator("button").all()
    click(lesson_8, hand, averages)
    for place, picker in enumerate(bench.locator("select").all()):
        with lesson_8.changes(bench, place), lesson_8.changes(bench, 3):
            choose(lesson_8, hand, picker)
    for button in (single, roll, averages):
        with lesson_8.changes(bench, place=3):
            click(lesson_8, hand, button)


def test_the_quiz_keeps_the_score(lesson_8):
    """The truth is not known before the end, when the fakes get their red frames."""
    quiz = lesson_8.widget("real-or-fake")
    buttons = [quiz.get_by_role("button", name=name) for name in ("real", "fake")]
    line = quiz.locator(".widget-label")
    count = int(re.match(r"image 1 of (\d+); 0 of 0 right", line.inner_text())[1])
    scores, answers = [0], []
    for number in range(1, count + 1):
        answers.append(number % 3 == 0)  # true is for fake
        hand = HANDS[number % 2]
        with lesson_8.changes(quiz):
            click(lesson_8, hand, buttons[answers[-1]])
        expect(line).to_contain_text(f" of {number} right")
        scores.append(int(re.search(rf"(\d+) of {number} right", line.inner_text())[1]))
    assert set(np.diff(scores)) <= {0, 1}
    for button in buttons:
        expect(button).to_be_disabled()
    assert photograph(lesson_8, quiz, "real-or-fake_at_the_end") == []
    said = re.fullmatch(
        r"You: (\d+) of (\d+) right\. D: (\d+) of \2 right\. Fakes have a red frame\.",
        line.inner_text(),
    )
    mosaic = decode(lesson_8.pixels(quiz))
    pitch = (mosaic.shape[1] + 4) // 10  # ten in a row, and a gap of two times two
    fake = [
        tuple(mosaic[row * pitch, column * pitch]) == RED
        for row, column in (divmod(place, 10) for place in range(count))
    ]
    assert 0 < sum(fake) < count
    right = np.cumsum(np.equal(fake, answers))
    assert scores[1:] == right.tolist()
    assert [int(number) for number in said.groups()[:2]] == [right[-1], count]


def test_nothing_of_lesson_11_s_controls_is_cut_off(lesson_11):
    for kind in ("stepper", "explore"):
        assert photograph(lesson_11, lesson_11.widget(kind), kind) == []


@pytest.mark.parametrize("hand", HANDS)
def test_one_network_moves_at_the_press_of_a_button(lesson_11, hand):
    duel = lesson_11.widget("stepper")
    line = duel.locator(".widget-label")
    for name in ("move g", "move d", "move both"):
        step = int(line.inner_text().removeprefix("step ").replace(",", ""))
        with lesson_11.changes(duel):
            click(lesson_11, hand, duel.get_by_role("button", name=name))
        expect(line).to_have_text(f"step {step + 50:,}")


@pytest.mark.parametrize("hand", HANDS)
def test_a_slider_of_lesson_11_trains_anew(lesson_11, hand):
    box = lesson_11.widget("explore")
    for name in ("rate of g", "rate of d", "d steps"):
        with lesson_11.changes(box):
            move(lesson_11, hand, slider(box, name), presses=1)
