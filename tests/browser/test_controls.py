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
from tools.lessons import find_lesson

import numpy as np
import pytest
from playwright.sync_api import expect

HANDS = ("mouse", "keyboard")
RED = (213, 60, 0)
CONTROLS = "button:enabled, select, [role=slider], input[type=text]"
# Lessons whose controls are opened without the rest, and what makes them quick.
SHORTER = {
    "load_mnist": {"GAME_STEPS": 300},
    "build_the_discriminator": {},
    "choose_losses_and_optimizers": {"STEPS": 20},
    "morph_through_latent_space": {"COUNT": 2000},
    "give_directions_a_meaning": {"COUNT": 2000, "FRESH": 20},
    "do_arithmetic_with_digits": {"COUNT": 4000, "QUIZ": 6},
    "choose_the_digit": {"STEPS": 50, "HANDS": 20},
    "revive_five_classic_gans": {},
    "colour_the_digits": {},
    "break_and_fix_training": {"STEPS": 100},
    "recognise_failures_on_digits": {},
    "measure_with_a_critic": {"STEPS": 50, "AHEAD": 50},
    "choose_a_loss_and_a_penalty": {"STEPS": 50, "ROUNDS": 1},
    "draw_a_thousand_kinds": {},
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
def generator_lesson(browser, lab):
    with open_lesson(browser, lab, "build_the_generator") as lesson:
        lesson.run()
        yield lesson


@pytest.fixture(scope="module")
def training_lesson(browser, lab):
    # What compares compiled with eager steps takes longer than the rest and shows
    # nothing of its own in a browser; and 20 steps make no digits.
    without = (
        "tf.function(adversarial_step)",
        "compiled is faster",
        "surely read",
    )
    with open_lesson(
        browser, lab, "train_the_gan", without, STEPS=20, INTERVAL=10
    ) as lesson:
        yield lesson


@pytest.fixture(scope="module")
def controls(browser, lab):
    """The controls of many lessons, one cell each, in one notebook."""
    cells = []
    for name, parameters in SHORTER.items():
        lesson = shorten(find_lesson(name), **parameters)
        code = [cell.source for cell in lesson.cells if cell.cell_type == "code"]
        cells.append(slices.show_controls(name, "\n".join(code)))
    with open_cells(browser, lab, [*cells, NOT_CONNECTED]) as opened:
        opened.run()
        yield opened


def part_of(controls, name):
    """Returns the controls of one lesson."""
    return controls.part([*SHORTER].index(name), name)


@pytest.fixture
def morph_lesson(controls):
    return part_of(controls, "morph_through_latent_space")


@pytest.fixture
def directions_lesson(controls):
    return part_of(controls, "give_directions_a_meaning")


@pytest.fixture
def arithmetic_lesson(controls):
    return part_of(controls, "do_arithmetic_with_digits")


@pytest.fixture
def breaking_lesson(controls):
    return part_of(controls, "break_and_fix_training")


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


def test_the_generator_lesson_runs_without_a_complaint(generator_lesson):
    assert generator_lesson.complaints() == []
    assert (
        photograph(generator_lesson, generator_lesson.widget("explore"), "explore")
        == []
    )


@pytest.mark.parametrize("hand", HANDS)
def test_the_sliders_of_the_generator_lesson_change_the_picture(generator_lesson, hand):
    box = generator_lesson.widget("explore")
    for name in ("coordinate", "value"):
        handle = slider(box, name)
        with generator_lesson.changes(box):
            move(generator_lesson, hand, handle)


def test_the_controls_open_without_a_complaint(controls):
    assert controls.complaints() == []


@pytest.mark.parametrize(
    ("name", "place", "sliders"),
    [
        ("load_mnist", 0, ["moment"]),
        ("load_mnist", 1, ["share"]),
        ("build_the_discriminator", 0, ["noise share"]),
        ("choose_losses_and_optimizers", 0, ["number", "distance"]),
        ("choose_the_digit", 0, ["weight", "slant", "width"]),
        ("revive_five_classic_gans", 0, ["point", "others"]),
        ("colour_the_digits", 0, ["paper", "stencil"]),
        ("recognise_failures_on_digits", 0, ["recording", "moment"]),
        ("measure_with_a_critic", 0, ["distance", "spread"]),
        ("choose_a_loss_and_a_penalty", 0, ["gamma", "rate"]),
        ("draw_a_thousand_kinds", 0, ["sigma", "digits"]),
    ],
)
def test_every_slider_of_a_lesson_changes_its_picture(controls, name, place, sliders):
    lesson = part_of(controls, name)
    box = lesson.widget("explore", place)
    assert photograph(lesson, box, f"explore_{place + 1}") == []
    assert box.locator(".widget-slider label").all_inner_texts() == sliders
    for label in sliders:
        for hand in HANDS:
            with lesson.changes(box):
                move(lesson, hand, slider(box, label))


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


def test_after_many_drags_the_last_frame_shows_and_memory_is_given_back(
    generator_lesson,
):
    box = generator_lesson.widget("explore")
    handle = slider(box, "value")

    def drag(times):
        for share in itertools.islice(itertools.cycle((0.9, 0.2, 0.6, 0.35)), times):
            generator_lesson.drag(handle, share)

    drag(4)  # what is kept once is kept by now
    generator_lesson.pixels(box)
    before = generator_lesson.memory()
    drag(12)
    last = generator_lesson.pixels(box)
    after = generator_lesson.memory()
    for key in ("ArrowLeft", "ArrowRight"):  # a step aside, and the same value anew
        with generator_lesson.changes(box):
            generator_lesson.press(handle, *[key] * 4)
    assert generator_lesson.pixels(box) == last
    assert after["pictures"] <= before["pictures"]
    assert after["page"] - before["page"] < 1
    assert after["kernel"] - before["kernel"] < 4


def test_the_training_lesson_shows_its_own_training_in_tensorboard(training_lesson):
    stops = training_lesson.select("servers stopped")
    training_lesson.run("Run All Above Selected Cell", stops)
    assert training_lesson.complaints() == []
    training_lesson.page.locator(".jp-OutputArea iframe").scroll_into_view_if_needed()
    frame = training_lesson.page.frame_locator(".jp-OutputArea iframe")
    expect(frame.locator(".reload-button")).to_be_visible(timeout=MINUTE)
    # Reloaded when the server has read the graphs and not yet the curves, TensorBoard
    # turns to its page of graphs, which has no reload button.
    address = training_lesson.page.frames[-1].url.partition("#")[0]
    training_lesson.wait_for_text(
        f"{address}data/plugin/scalars/tags", "generator_loss"
    )
    frame.locator(".reload-button").click()
    tag = frame.get_by_text("generator_loss").first
    expect(tag).to_be_visible(timeout=MINUTE)
    tag.scroll_into_view_if_needed()
    training_lesson.page.screenshot(
        path=PICTURES / f"{training_lesson.label}_tensorboard.png"
    )


def test_the_training_lesson_runs_to_its_end_and_its_slider_changes_the_picture(
    training_lesson,
):
    training_lesson.select("servers stopped")
    training_lesson.run("Run Selected Cell and All Below")
    assert training_lesson.complaints() == []
    assert training_lesson.page.get_by_text("servers stopped: 1").count() == 1
    box = training_lesson.widget("explore")
    assert photograph(training_lesson, box, "explore") == []
    for hand in HANDS:
        with training_lesson.changes(box):
            move(training_lesson, hand, slider(box, "share"))


def test_no_control_over_latent_space_is_cut_off(morph_lesson, directions_lesson):
    cut_off = [
        photograph(lesson, lesson.widget(kind), kind)
        for lesson, kind in (
            (morph_lesson, "morph-player"),
            (morph_lesson, "click-grid"),
            (directions_lesson, "explore"),
        )
    ]
    assert not any(cut_off), cut_off


@pytest.mark.parametrize("hand", HANDS)
def test_the_player_plays_and_pauses(morph_lesson, hand):
    player = morph_lesson.widget("morph-player")
    play, stop, _ = player.locator(".widget-play button").all()
    position = slider(player, "position")
    click(morph_lesson, hand, stop)
    expect(position).to_have_attribute("aria-valuenow", "0.0")
    first = morph_lesson.pixels(player)
    click(morph_lesson, hand, play)
    expect(position).to_have_attribute("aria-valuenow", re.compile(r"[1-5]\d\.0"))
    click(morph_lesson, hand, play)
    paused = morph_lesson.pixels(player, before=first)
    where = value(position)
    assert morph_lesson.pixels(player, still=600) == paused
    assert value(position) == where > 0


@pytest.mark.parametrize("hand", HANDS)
def test_the_player_plays_as_fast_as_it_is_told(morph_lesson, hand):
    player = morph_lesson.widget("morph-player")
    play = player.locator(".widget-play button").first
    speed, position = slider(player, "frames"), slider(player, "position")
    times = []
    for share, key in ((0, "ArrowLeft"), (1, "ArrowRight")):
        if hand == "mouse":
            morph_lesson.drag(speed, share)
        else:
            morph_lesson.press(speed, *[key] * 10)
        play.click()
        # The shortest of three: a busy machine delays some, and hurries none.
        times.append(min(morph_lesson.time_of_values(position, 5) for _ in range(3)))
        play.click()
        morph_lesson.pixels(player)
    slow, fast = times
    assert slow > 2 * fast


@pytest.mark.parametrize("hand", HANDS)
def test_every_other_control_of_the_player_changes_the_picture(morph_lesson, hand):
    player = morph_lesson.widget("morph-player")
    roll = player.get_by_role("button", name="new end points")
    line, arc = (
        player.get_by_role("button", name=name, exact=True) for name in ("line", "arc")
    )
    with morph_lesson.changes(player):
        move(morph_lesson, hand, slider(player, "position"))
    morph_lesson.drag(slider(player, "position"), 0.5)
    for picker in player.locator("select").all():
        with morph_lesson.changes(player):
            choose(morph_lesson, hand, picker)
    for button in (roll, line, arc):
        with morph_lesson.changes(player):
            click(morph_lesson, hand, button)


@pytest.mark.parametrize("hand", HANDS)
def test_the_sliders_with_a_meaning_change_the_picture(directions_lesson, hand):
    box = directions_lesson.widget("explore")
    handles = box.get_by_role("slider").all()
    assert handles
    for handle in handles:
        with directions_lesson.changes(box):
            move(directions_lesson, hand, handle)


@pytest.mark.parametrize("hand", HANDS)
def test_an_image_of_the_grid_is_chosen(morph_lesson, hand):
    grid = morph_lesson.widget("click-grid")
    buttons = grid.get_by_role("button")
    for place in (7, buttons.count() - 1, 0):
        with morph_lesson.changes(grid, place=1):
            click(morph_lesson, hand, buttons.nth(place))
        small, large = (decode(morph_lesson.pixels(grid, image)) for image in (0, 1))
        left, top = (
            round(buttons.nth(place).bounding_box()[side] + 2)
            - round(grid.locator("img").first.bounding_box()[side])
            for side in "xy"
        )
        side = 56  # of 28 pixels, each 2 wide; large they are 6 wide
        assert np.array_equal(
            small[top : top + side : 2, left : left + side : 2], large[::6, ::6]
        )


def test_tab_goes_through_all_controls(
    morph_lesson, directions_lesson, arithmetic_lesson
):
    for lesson, kind in (
        (morph_lesson, "morph-player"),
        (morph_lesson, "click-grid"),
        (directions_lesson, "explore"),
        (arithmetic_lesson, "arithmetic-bench"),
        (arithmetic_lesson, "real-or-fake"),
    ):
        controls = lesson.widget(kind).locator(CONTROLS).all()
        controls[0].focus()
        for control in controls[1:]:
            lesson.page.keyboard.press("Tab")
            if lesson.page.locator(".widget-readout:focus").count():
                lesson.page.keyboard.press("Tab")
            expect(control).to_be_focused()


def test_nothing_of_the_arithmetic_lesson_s_controls_is_cut_off(arithmetic_lesson):
    kinds = ("arithmetic-bench", "real-or-fake")
    cut_off = [
        photograph(arithmetic_lesson, arithmetic_lesson.widget(kind), kind)
        for kind in kinds
    ]
    assert not any(cut_off), cut_off


@pytest.mark.parametrize("hand", HANDS)
def test_every_control_of_the_bench_changes_its_picture(arithmetic_lesson, hand):
    bench = arithmetic_lesson.widget("arithmetic-bench")
    averages, single, roll = bench.locator("button").all()
    click(arithmetic_lesson, hand, averages)
    for place, picker in enumerate(bench.locator("select").all()):
        with (
            arithmetic_lesson.changes(bench, place),
            arithmetic_lesson.changes(bench, 3),
        ):
            choose(arithmetic_lesson, hand, picker)
    for button in (single, roll, averages):
        with arithmetic_lesson.changes(bench, place=3):
            click(arithmetic_lesson, hand, button)


def test_the_quiz_keeps_the_score(arithmetic_lesson):
    """The truth is not known before the end, when the fakes get their red frames."""
    quiz = arithmetic_lesson.widget("real-or-fake")
    buttons = [quiz.get_by_role("button", name=name) for name in ("real", "fake")]
    line = quiz.locator(".widget-label")
    count = int(re.match(r"image 1 of (\d+); 0 of 0 right", line.inner_text())[1])
    scores, answers = [0], []
    for number in range(1, count + 1):
        answers.append(number % 3 == 0)  # true is for fake
        hand = HANDS[number % 2]
        with arithmetic_lesson.changes(quiz):
            click(arithmetic_lesson, hand, buttons[answers[-1]])
        expect(line).to_contain_text(f" of {number} right")
        scores.append(int(re.search(rf"(\d+) of {number} right", line.inner_text())[1]))
    assert set(np.diff(scores)) <= {0, 1}
    for button in buttons:
        expect(button).to_be_disabled()
    assert photograph(arithmetic_lesson, quiz, "real-or-fake_at_the_end") == []
    said = re.fullmatch(
        r"You: (\d+) of (\d+) right\. D: (\d+) of \2 right\. Fakes have a red frame\.",
        line.inner_text(),
    )
    mosaic = decode(arithmetic_lesson.pixels(quiz))
    pitch = (mosaic.shape[1] + 4) // 10  # ten in a row, and a gap of two times two
    fake = [
        tuple(mosaic[row * pitch, column * pitch]) == RED
        for row, column in (divmod(place, 10) for place in range(count))
    ]
    assert 0 < sum(fake) < count
    right = np.cumsum(np.equal(fake, answers))
    assert scores[1:] == right.tolist()
    assert [int(number) for number in said.groups()[:2]] == [right[-1], count]


def type_number(lesson, hand, field, number):
    """Writes into a field in place of what stands there."""
    click(lesson, hand, field) if hand == "mouse" else field.focus()
    lesson.page.keyboard.press("ControlOrMeta+a")
    lesson.page.keyboard.type(number)


@pytest.mark.parametrize("hand", HANDS)
def test_a_number_is_written_in_another_hand_and_in_many(controls, hand):
    lesson = part_of(controls, "choose_the_digit")
    box = lesson.widget("write-number")
    assert photograph(lesson, box, "write-number") == []
    field, line = box.locator("input[type=text]"), box.locator(".widget-label").last
    for number in ("31", "415"):
        with lesson.changes(box):
            type_number(lesson, hand, field, number)
        expect(line).to_have_text(number)
    with lesson.changes(box):
        click(lesson, hand, box.get_by_role("button", name="another hand"))
    with lesson.changes(box):
        move(lesson, hand, slider(box, "variety"))
    type_number(lesson, hand, field, "none")
    expect(line).to_contain_text("Type a number")


@pytest.mark.parametrize("hand", HANDS)
def test_another_digit_is_picked(controls, hand):
    lesson = part_of(controls, "choose_the_digit")
    box = lesson.widget("explore")
    with lesson.changes(box):
        choose(lesson, hand, box.locator("select"))


def test_nothing_of_the_breaking_lesson_s_controls_is_cut_off(breaking_lesson):
    for kind in ("stepper", "explore"):
        assert photograph(breaking_lesson, breaking_lesson.widget(kind), kind) == []


@pytest.mark.parametrize("hand", HANDS)
def test_one_network_moves_at_the_press_of_a_button(breaking_lesson, hand):
    duel = breaking_lesson.widget("stepper")
    line = duel.locator(".widget-label")
    for name in ("move g", "move d", "move both"):
        step = int(line.inner_text().removeprefix("step ").replace(",", ""))
        with breaking_lesson.changes(duel):
            click(breaking_lesson, hand, duel.get_by_role("button", name=name))
        expect(line).to_have_text(f"step {step + 50:,}")


@pytest.mark.parametrize("hand", HANDS)
def test_a_slider_of_the_breaking_lesson_trains_anew(breaking_lesson, hand):
    box = breaking_lesson.widget("explore")
    for name in ("rate of g", "rate of d", "d steps"):
        with breaking_lesson.changes(box):
            move(breaking_lesson, hand, slider(box, name), presses=1)
