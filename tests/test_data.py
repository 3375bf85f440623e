"""The file of digits: whole, damaged in many ways, missing; and its batches."""

import contextlib
import functools
import http.server
import pickle
import re
import socket
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

from gan_utils import data, paths

import numpy as np
import pytest


@pytest.fixture(scope="module")
def arrays():
    (x_train, y_train), (x_test, y_test) = data.load_mnist()
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


@pytest.fixture
def serve(tmp_path):
    """Serves a folder on this machine and returns its address."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(
        http.server.SimpleHTTPRequestHandler, directory=str(folder)
    )
    handler.log_message = lambda *arguments: None
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}/mnist.npz"
    server.shutdown()
    server.server_close()


def test_the_digest_is_checked_once_for_each_state_of_the_file(
    arrays, tmp_path, monkeypatch
):
    path = tmp_path / "mnist.npz"
    path.write_bytes(paths.MNIST.read_bytes())
    checked = []

    def digest(given):
        checked.append(given)
        return data.DIGEST

    monkeypatch.setattr(data, "_digest", digest)
    data.load_mnist(path)
    data.load_mnist(path)
    assert len(checked) == 1
    path.write_bytes(paths.MNIST.read_bytes() + b" ")
    data.load_mnist(path)
    assert len(checked) == 2


def test_a_file_that_was_wrong_is_checked_again(arrays, tmp_path):
    path = tmp_path / "mnist.npz"
    altered_pixel(path, arrays)
    for _ in range(2):
        with pytest.raises(ValueError, match="cannot be read as MNIST"):
            data.load_mnist(path)


def truncated(path, arrays):
    path.write_bytes(paths.MNIST.read_bytes()[:-1000])


def flipped_byte(path, arrays):
    content = bytearray(paths.MNIST.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def altered_pixel(path, arrays):
    images = arrays["x_train"].copy()
    images[0, 0, 0] += 1
    np.savez(path, **{**arrays, "x_train": images})


def wrong_shape(path, arrays):
    np.savez(path, **{**arrays, "x_test": arrays["x_test"].reshape(-1, 14, 56)})


def wrong_type(path, arrays):
    np.savez(path, **{**arrays, "y_test": arrays["y_test"].astype("int8")})


def missing_array(path, arrays):
    np.savez(path, **{key: arrays[key] for key in ("x_train", "y_train", "x_test")})


def pointer_file(path, arrays):
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")


def empty(path, arrays):
    path.write_bytes(b"")


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


def pickled(path, arrays):
    path.write_bytes(pickle.dumps(Trap()))


def pickled_array(path, arrays):
    np.savez(path, **{**arrays, "y_test": np.array([Trap()], dtype=object)})


def one_array(path, arrays):
    with path.open("wb") as file:
        np.save(file, arrays["x_test"])


def rewritten(path, alter, shape=(2,), content=b"\0\0", version=(1, 0)):
    """Writes tiny arrays, and lets the archive's directory say something else."""
    writers = {
        (1, 0): np.lib.format.write_array_header_1_0,
        (2, 0): np.lib.format.write_array_header_2_0,
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name in data.ARRAYS:
            with archive.open(f"{name}.npy", "w") as member:
                header = {"descr": "|u1", "fortran_order": False, "shape": shape}
                writers[version](member, header)
                member.write(content)
            alter(archive.getinfo(f"{name}.npy"))


def zeros(path, arrays):
    def claim(member):
        member.file_size += 4 * 10**9 - 2

    rewritten(path, claim, (4 * 10**9,))


def other_size(path, arrays):
    rewritten(path, lambda member: None, (9,))


def other_version(path, arrays):
    rewritten(path, lambda member: None, version=(2, 0))


def encrypted(path, arrays):
    def flag(member):
        member.flag_bits |= 1

    rewritten(path, flag)


def packed_otherwise(path, arrays):
    def pack(member):
        member.compress_type = 97

    rewritten(path, pack)


def said(error, path):
    """Returns the reason, once the sentence was found to have its one form."""
    form = f"{re.escape(str(path))} cannot be read as MNIST: (.+)\\. "
    message = re.fullmatch(form + re.escape(data.CURE), str(error.value))
    assert "git checkout -- data/mnist.npz" in data.CURE
    return message[1]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (truncated, "zip"),
        (flipped_byte, ""),
        (altered_pixel, "SHA-256"),
        (wrong_shape, "SHA-256"),
        (wrong_type, "SHA-256"),
        (missing_array, "y_test"),
        (pointer_file, ""),
        (empty, "not a zip"),
        (pickled, "not a zip"),
        (pickled_array, "pickled objects, which are never loaded"),
        (one_array, "not a zip"),
        (zeros, "x_train claims 4.0 GB"),
        (other_size, "says it has shape (9,)"),
        (other_version, "version"),
        (encrypted, "encrypted"),
        (packed_otherwise, "compression"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_damaged_file_is_named_and_left_alone(damage, reason, arrays, tmp_path):
    path = tmp_path / "mnist.npz"
    damage(path, arrays)
    before = path.read_bytes()
    with pytest.raises(ValueError) as error:
        data.load_mnist(path)
    assert reason in said(error, path)
    assert path.read_bytes() == before


def test_what_the_system_refuses_is_an_os_error_of_the_same_form(tmp_path):
    path = tmp_path / "mnist.npz"
    path.mkdir()
    with pytest.raises(OSError) as error:
        data.load_mnist(path)
    assert "directory" in said(error, path)


def test_a_missing_file_is_downloaded_whole(serve, tmp_path, capsys):
    folder, url = serve
    (folder / "mnist.npz").write_bytes(paths.MNIST.read_bytes())
    path = tmp_path / "new" / "mnist.npz"
    (x_train, _), _ = data.load_mnist(path, url)
    assert x_train.shape == (60_000, 28, 28)
    assert [file.name for file in path.parent.iterdir()] == ["mnist.npz"]
    assert "Downloading" in capsys.readouterr().out


def test_a_damaged_download_is_refused_and_leaves_nothing(serve, tmp_path, arrays):
    folder, url = serve
    altered_pixel(folder / "mnist.npz", arrays)
    path = tmp_path / "new" / "mnist.npz"
    with pytest.raises(
        ValueError,
        match=r"^The download from http.* cannot be read as MNIST: .*SHA-256",
    ):
        data.load_mnist(path, url)
    assert list(path.parent.iterdir()) == []


def test_a_failed_download_says_how_to_get_the_file(serve, tmp_path):
    path = tmp_path / "new" / "mnist.npz"
    with pytest.raises(OSError, match=r"could not be downloaded.*git checkout"):
        data.load_mnist(path, serve[1])
    assert list(path.parent.iterdir()) == []


@pytest.fixture
def hostile():
    """Answers on this machine by a function of the connection; returns the address."""
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor() as pool:

        def answer(how):
            def serve():
                connection, _ = server.accept()
                with connection, contextlib.suppress(OSError):
                    connection.recv(10_000)
                    how(connection)

            pool.submit(serve)
            return f"http://127.0.0.1:{server.getsockname()[1]}/mnist.npz"

        yield answer


GOOD = b"HTTP/1.0 200 OK\r\n"


def says_nothing(connection):
    connection.recv(1)  # until the other side gives up


def drips(connection):
    connection.sendall(GOOD + b"Content-Length: 1000\r\n\r\n")
    for _ in range(100):
        time.sleep(0.05)
        connection.sendall(b"x")


def never_ends(connection):
    connection.sendall(GOOD + b"\r\n")
    for _ in range(1000):
        connection.sendall(bytes(2**16))


def sends_less(connection):
    connection.sendall(GOOD + b"Content-Length: 1000\r\n\r\nshort")


def speaks_another_language(connection):
    connection.sendall(b"220 mail\r\n")


@pytest.mark.parametrize(
    ("how", "told"),
    [
        (says_nothing, "timed out"),
        (drips, "longer than"),
        (never_ends, "larger than 1 MB"),
        (sends_less, "5 of 1000 bytes came"),
        (speaks_another_language, "220 mail"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_server_cannot_hang_a_download_nor_fill_the_disk(
    how, told, hostile, tmp_path, monkeypatch
):
    monkeypatch.setattr(data, "SILENCE", 0.5)
    monkeypatch.setattr(data, "LARGEST", 1_000_000)
    monkeypatch.setattr(data, "PATIENCE", 0.3 if how is drips else 60)
    with pytest.raises(OSError, match=f"could not be downloaded: .*{told}.*Restore it"):
        data.load_mnist(tmp_path / "new" / "mnist.npz", hostile(how))
    assert list((tmp_path / "new").iterdir()) == []


def test_what_needs_more_memory_than_is_free_is_refused():
    data.check_memory(1000, "This")
    with pytest.raises(ValueError, match=r"^This will need about 1000000\.0 GB"):
        data.check_memory(10**15, "This")


def test_pixels_go_from_minus_one_to_one():
    pixels = np.array([[[0, 51], [204, 255]]], np.uint8)
    scaled = data.scale_pixels(pixels)
    assert scaled.shape == (1, 2, 2, 1)
    np.testing.assert_allclose(
        scaled.numpy().ravel(), [-1.0, -0.6, 0.6, 1.0], atol=1e-6
    )


def test_the_default_range_is_one_division_and_one_subtraction():
    """The same to the last bit, so that trainings of before go on alike."""
    pixels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    expected = pixels[..., None].astype(np.float32) / np.float32(127.5) - np.float32(1)
    np.testing.assert_array_equal(data.scale_pixels(pixels), expected)


@pytest.mark.parametrize("pixel_range", [(0.0, 1.0), (-1.0, 1.0), (-3.0, 5.0)])
def test_pixels_go_from_one_end_of_their_range_to_the_other(pixel_range):
    pixels = np.uint8([[[0, 51, 204, 255]]])
    low, high = pixel_range
    expected = low + (high - low) * np.array([0.0, 0.2, 0.8, 1.0])
    scaled = data.scale_pixels(pixels, pixel_range).numpy().ravel()
    np.testing.assert_allclose(scaled, expected, atol=1e-6)


def test_batches_come_in_the_range_that_was_asked_for():
    images = np.arange(256, dtype=np.uint8).reshape(256, 1, 1)
    for options, low in (({}, -1), ({"pixel_range": (0.0, 1.0)}, 0)):
        batch = next(iter(data.batches(images, 256, seed=0, **options))).numpy()
        assert (batch.min(), batch.max()) == (low, 1)


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((1, 28, 28)),
        np.full((1, 28, 28), np.nan),
        np.zeros((28, 28), np.uint8),
        np.zeros((0, 28, 28), np.uint8),
        "images",
        None,
        [[1, 2], [3]],
        np.array([{}]),
    ],
    ids=["type", "NaN", "rank", "none", "text", "None", "ragged", "objects"],
)
def test_only_pixels_are_scaled_and_batched(images):
    for use in (
        data.scale_pixels,
        functools.partial(data.batches, batch_size=1, seed=0),
    ):
        with pytest.raises(ValueError, match="uint8 images"):
            use(images)


@pytest.mark.parametrize("ends", [(0, 0), (1, -1), (0, np.nan), (0, np.inf), 1, "ab"])
def test_pixels_are_scaled_to_a_range_only(ends):
    with pytest.raises(ValueError, match="pixel_range"):
        data.scale_pixels(numbered(2), ends)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 1.5}, "batch_size is 1.5"),
        ({"seed": 1.5}, "seed is 1.5"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 2**70}, "seed is"),
        ({"first_step": np.nan}, "first_step is nan"),
        ({"pixel_range": (1, 0)}, "pixel_range"),
        ({"labels": [np.nan] * 10}, "labels"),
        ({"labels": ["a"] * 10}, "labels"),
        ({"labels": 3}, "labels"),
    ],
)
def test_batches_are_made_of_numbers_that_fit(options, message):
    with pytest.raises(ValueError, match=message):
        data.batches(numbered(10), **{"batch_size": 2, "seed": 0, **options})


@pytest.mark.parametrize(
    "digits",
    [np.zeros((2, 4, 4)), np.zeros((4, 4), np.uint8), np.zeros((0, 4, 4), np.uint8)],
    ids=["type", "rank", "none"],
)
def test_only_digits_are_stacked(digits):
    with pytest.raises(ValueError, match="[Dd]igits"):
        data.stack_digits(digits, seed=0)


def numbered(count):
    """Makes images whose first two pixels spell their own number."""
    images = np.zeros((count, 4, 4), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.divmod(np.arange(count), 256)
    return images


def numbers(count, batch_size, seed, first_step=0, steps=1):
    found = []
    for batch in data.batches(numbered(count), batch_size, seed, first_step).take(
        steps
    ):
        pixels = np.rint((batch.numpy() + 1) * 127.5).astype(int)[..., 0]
        found += (256 * pixels[:, 0, 0] + pixels[:, 0, 1]).tolist()
    return found


def test_every_image_comes_once_before_any_comes_twice():
    twice = numbers(1000, 50, seed=3, steps=40)
    assert sorted(twice[:1000]) == sorted(twice[1000:]) == list(range(1000))


def test_an_epoch_ends_inside_a_batch():
    assert sorted(numbers(10, 4, seed=0, steps=5)) == sorted([*range(10)] * 2)


def test_the_order_follows_from_seed_and_step():
    order = numbers(1000, 50, seed=0, steps=10)
    assert order == numbers(1000, 50, seed=0, steps=10)
    assert order[350:400] == numbers(1000, 50, seed=0, first_step=7)
    assert order != numbers(1000, 50, seed=1, steps=10)


def test_two_epochs_are_in_unrelated_orders():
    order = numbers(60_000, 1000, seed=0, steps=120)
    correlation = np.corrcoef(order[:60_000], order[60_000:])[0, 1]
    assert abs(correlation) < 0.03


@pytest.mark.parametrize("batch_size", [0, 11])
def test_a_batch_size_out_of_range_is_refused(batch_size):
    with pytest.raises(ValueError, match="from 1 to 10"):
        data.batches(numbered(10), batch_size, seed=0)


def test_a_negative_first_step_is_refused():
    with pytest.raises(ValueError, match="first_step is -1"):
        data.batches(numbered(10), 2, seed=0, first_step=-1)


def test_labels_come_with_their_images():
    images = np.arange(50, dtype=np.uint8)[:, None, None].repeat(4, 1)
    dataset = data.batches(images, 20, seed=0, labels=np.arange(50))
    for pictures, labels in dataset.take(4):
        pixels = (pictures.numpy()[:, 0, 0, 0] + 1) * 127.5
        np.testing.assert_allclose(pixels, labels, atol=1e-3)


def test_labels_of_another_number_are_refused():
    images = np.zeros((50, 4, 4), np.uint8)
    with pytest.raises(ValueError, match="49 labels were given for 50 images"):
        data.batches(images, 20, seed=0, labels=np.arange(49))


def test_digits_are_held_out_once_and_for_good(arrays):
    labels = arrays["y_train"]
    rows = np.arange(60_000)
    kept, held_out = data.hold_out(rows)
    assert (len(kept), len(held_out)) == (50_000, 10_000)
    assert sorted([*kept, *held_out]) == rows.tolist()
    for again in data.hold_out(rows), data.hold_out(rows.copy(), count=10_000):
        np.testing.assert_array_equal(again[0], kept)
        np.testing.assert_array_equal(again[1], held_out)
    # Labels and images are divided alike, and mixed: all digits are held out.
    np.testing.assert_array_equal(data.hold_out(labels)[1], labels[held_out])
    images = data.hold_out(arrays["x_train"])[1]
    np.testing.assert_array_equal(images[:20], arrays["x_train"][held_out[:20]])
    assert np.bincount(labels[held_out]).min() > 800
    assert abs(np.corrcoef(held_out, np.arange(10_000))[0, 1]) < 0.05


@pytest.mark.parametrize("count", [1, 4])
def test_as_many_are_held_out_as_were_asked_for(count):
    kept, held_out = data.hold_out(np.arange(5), count)
    assert (len(kept), len(held_out)) == (5 - count, count)


@pytest.mark.parametrize("count", [0, 5, -1, 2.0, "2", None])
def test_some_digits_are_held_out_and_some_are_kept(count):
    with pytest.raises(ValueError, match="count is .*; needed is a whole number from"):
        data.hold_out(np.arange(5), count)


def test_of_what_is_no_array_nothing_is_held_out():
    with pytest.raises(ValueError, match="digits are no array"):
        data.hold_out([[1, 2], [3]], 1)


def test_stacked_digits_meet_by_the_seed_and_each_comes_once_a_channel(arrays):
    digits = arrays["x_test"][:50]
    stacked = data.stack_digits(digits, seed=3)
    assert stacked.shape == (50, 28, 28, 3)
    assert stacked.dtype == np.uint8
    np.testing.assert_array_equal(stacked, data.stack_digits(digits, seed=3))
    assert (stacked != data.stack_digits(digits, seed=4)).any()
    for place in range(3):
        channel = sorted(image.tobytes() for image in stacked[..., place])
        assert channel == sorted(image.tobytes() for image in digits)
    assert (stacked[..., 0] != stacked[..., 1]).any()
    assert (stacked[..., 1] != stacked[..., 2]).any()


@pytest.mark.parametrize("count", [1, 4, 6])
def test_more_or_fewer_digits_are_stacked_as_three_are(arrays, count):
    digits = arrays["x_test"][:50]
    stacked = data.stack_digits(digits, seed=3, count=count)
    assert stacked.shape == (50, 28, 28, count)
    shared = min(count, 3)
    three = data.stack_digits(digits, seed=3)
    np.testing.assert_array_equal(stacked[..., :shared], three[..., :shared])


@pytest.mark.parametrize("count", [0, 7, 2.5])
def test_a_count_of_stacked_digits_is_from_1_to_6(arrays, count):
    with pytest.raises(ValueError, match="count"):
        data.stack_digits(arrays["x_test"][:5], seed=3, count=count)


def test_stacked_digits_make_nearly_all_of_the_1000_numbers(arrays):
    stacked = data.stack_digits(arrays["y_train"][:, None, None], seed=0)
    assert len(np.unique(stacked.reshape(-1, 3), axis=0)) == 1000


def test_an_address_that_is_none_is_named(tmp_path):
    with pytest.raises(OSError, match="'a b' is no address. Restore it with"):
        data.load_mnist(tmp_path / "mnist.npz", "a b")


@pytest.mark.parametrize("needed", [-1, float("nan"), "3", None])
def test_the_memory_that_is_needed_is_a_number(needed):
    with pytest.raises(ValueError, match="The memory needed is"):
        data.check_memory(needed, "This")
