import zipfile

import numpy as np
import pytest

from tfgmmgan.data import DataOptions, load
from tfgmmgan.data.toy import grid_centres
from tfgmmgan.utils.errors import UserError


def options(path, **kwargs):
    return DataOptions(path=str(path), **kwargs)


def test_digits():
    data = load("digits")
    assert data.train.examples.shape == (1438, 8, 8, 1) and data.test.examples.shape == (359, 8, 8, 1)
    assert data.train.examples.max() == 255 and data.train.examples.min() == 0
    assert set(data.test.labels) == set(range(10)) and len(data.class_names) == 10
    np.testing.assert_array_equal(data.train.examples, load("digits").train.examples)


def test_a_toy_has_the_grid_that_is_asked_for():
    data = load("toy3x3", DataOptions(grid_side=4, grid_spacing=2.0, grid_std=0.2))
    assert data.truth.centres.shape == (16, 2) and data.truth.std == 0.2 and len(data.class_names) == 16
    assert sorted({round(float(x), 6) for x, _ in data.truth.centres}) == [-3, -1, 1, 3]
    apart = data.train.examples - data.truth.centres[data.train.labels]
    assert apart.std() == pytest.approx(0.2, rel=0.02)
    with pytest.raises(UserError, match=r"no use for --data\.grid_side"):
        load("digits", DataOptions(grid_side=4))


@pytest.mark.parametrize(("name", "modes", "std"), [("toy3x3", 9, np.sqrt(0.1)), ("toy5x5", 25, 0.05)])
def test_toys(name, modes, std):
    data = load(name)
    assert data.shape == (2,) and not data.is_image and len(data.class_names) == modes
    for label in range(modes):
        points = data.train.examples[data.train.labels == label]
        np.testing.assert_allclose(points.std(0), std, rtol=0.15)
    centre = data.train.examples[data.train.labels == modes - 1].mean(0)
    np.testing.assert_allclose(centre, grid_centres(int(np.sqrt(modes)), 1.0)[-1], atol=0.05)


@pytest.mark.parametrize("keys", [("x_train", "y_train", "x_test", "y_test"), ("images", "labels")])
def test_arrays(tmp_path, images, keys):
    labels = np.arange(24) % 4
    values = {"x_train": images, "y_train": labels, "x_test": images[:6], "y_test": labels[:6]}
    values |= {"images": images[..., 0], "labels": labels}
    np.savez(tmp_path / "a.npz", **{key: values[key] for key in keys})
    data = load("arrays", options(tmp_path / "a.npz", test_fraction=0.25))
    assert data.shape == (8, 8, 1) and len(data.test) == 6 and len(data.class_names) == 4
    if keys[0] == "images":
        assert len(data.train) == 18
        both = np.concatenate([data.train.examples, data.test.examples])
        assert sorted(image.tobytes() for image in both) == sorted(image.tobytes() for image in images)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"pictures": np.zeros((4, 8, 8))}, "expected an array 'x_train' or 'images'; it has pictures"),
        ({"images": np.zeros((4, 8, 8), np.int64)}, "expected uint8, or floats in"),
        ({"images": np.full((4, 8, 8), 3.0)}, "must lie in"),
        ({"images": np.eye(8)[None].astype("f4")}, r"from 0 to 1. If 0 is black, give images \* 2 - 1"),
        ({"images": np.eye(8, dtype=np.uint8)[None]}, r"hold 0 and 1 alone. Give images \* 255"),
        ({"images": np.full((4, 8, 8), np.nan)}, "256 values are NaN or infinite"),
        ({"images": np.zeros((4, 8, 8, 5), np.uint8)}, "expected 1 or 3 channels in the last axis; got 5"),
        ({"images": np.zeros(4, np.uint8)}, "expected images"),
        ({"images": np.zeros((4, 8, 8), np.uint8), "labels": np.zeros(3, int)}, "3 labels for 4 examples"),
        ({"images": np.zeros((4, 8, 8), np.uint8), "labels": np.zeros(4)}, "integers from 0; got float64"),
        ({"x_train": np.zeros((4, 8, 8), np.uint8), "x_test": np.zeros((4, 4, 4), np.uint8)}, "x_test of"),
    ],
)
def test_array_errors(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(UserError, match=message):
        load("arrays", options(tmp_path / "a.npz"))


def test_array_file_errors(tmp_path):
    with pytest.raises(UserError, match=r"needs --data.path FILE.npz"):
        load("arrays")
    with pytest.raises(UserError, match="There is no file"):
        load("arrays", options(tmp_path / "a.npz"))
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(UserError, match=r"can't be read as an .npz file"):
        load("arrays", options(tmp_path / "a.npz"))


def test_options_that_a_source_cannot_heed():
    with pytest.raises(UserError, match=r"'digits' has no use for --data.image_size"):
        load("digits", DataOptions(image_size=16))
    for bad, message in (({"image_size": 30}, "multiple of 4"), ({"test_fraction": 1.0}, "above 0 and below 1")):
        with pytest.raises(UserError, match=message):
            DataOptions(**bad)


def test_unknown_names_say_the_nearest():
    with pytest.raises(UserError, match=r"Unknown dataset 'fashon_mnist'. Did you mean 'fashion_mnist'\?"):
        load("fashon_mnist")


def test_labels_of_the_test_split_alone(tmp_path, images):
    np.savez(tmp_path / "a.npz", x_train=images, x_test=images[:6], y_test=np.arange(6) % 4)
    data = load("arrays", options(tmp_path / "a.npz"))
    assert data.train.labels is None and data.class_names == ["0", "1", "2", "3"]


def test_labels_as_people_have_them(tmp_path):
    def ids_and_names(labels):
        np.savez(tmp_path / "a.npz", x_train=np.zeros((5, 8, 8), np.uint8), y_train=labels, x_test=np.zeros((2, 8, 8)))
        data = load("arrays", options(tmp_path / "a.npz"))
        return None if data.train.labels is None else data.train.labels.tolist(), data.class_names

    assert ids_and_names([0, 1, 2, 1, 0]) == ([0, 1, 2, 1, 0], ["0", "1", "2"])
    assert ids_and_names([[0], [1], [2], [1], [0]]) == ([0, 1, 2, 1, 0], ["0", "1", "2"])
    assert ids_and_names([0, -1, 1, -1, 0]) == ([0, -1, 1, -1, 0], ["0", "1"])
    assert ids_and_names([-1] * 5) == (None, [])
    assert ids_and_names([7, 65535, 10**9, 7, 7]) == ([0, 1, 2, 0, 0], ["7", "65535", "1000000000"])
    assert ids_and_names(["yes", "no", "01", "no", "no"]) == ([2, 1, 0, 1, 1], ["01", "no", "yes"])
    assert ids_and_names([b"cat", b"dog", b"cat", b"cat", b"cat"]) == ([0, 1, 0, 0, 0], ["cat", "dog"])
    assert ids_and_names([True, False, True, True, True]) == ([1, 0, 1, 1, 1], ["False", "True"])


def test_labels_below_minus_one_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.zeros((4, 8, 8), np.uint8), labels=[0, -2, 0, 0])
    with pytest.raises(UserError, match="or -1 where there is none; got -2"):
        load("arrays", options(tmp_path / "a.npz"))


def test_the_labelled_part_of_a_partly_labelled_set(tmp_path, images):
    np.savez(tmp_path / "a.npz", x_train=images, y_train=[-1, 0, 1] * 8, x_test=images[:3], y_test=[0, 1, 1])
    data = load("arrays", options(tmp_path / "a.npz"))
    part = data.labelled
    assert (len(part.train), len(part.test)) == (16, 3) and part.test is data.test
    np.testing.assert_array_equal(part.train.examples, np.delete(images, np.s_[::3], axis=0))
    assert part.train.labels.tolist() == [0, 1] * 8


def test_members_of_an_archive_that_are_no_arrays_are_passed_over(tmp_path, images):
    np.savez(tmp_path / "a.npz", images=images)
    with zipfile.ZipFile(tmp_path / "a.npz", "a") as archive:
        archive.writestr("notes.txt", "no array")
    assert len(load("arrays", options(tmp_path / "a.npz")).train) == 22
    with zipfile.ZipFile(tmp_path / "b.npz", "w") as archive:
        archive.writestr("images", "no array")
    with pytest.raises(UserError, match="expected an array 'x_train' or 'images'"):
        load("arrays", options(tmp_path / "b.npz"))


def test_an_array_file_damaged_anywhere_is_the_users_to_mend(tmp_path, images):
    np.savez_compressed(tmp_path / "a.npz", images=images)
    whole, rng = (tmp_path / "a.npz").read_bytes(), np.random.default_rng(0)
    refused = 0
    for place in rng.integers(len(whole), size=100):
        (tmp_path / "b.npz").write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            load("arrays", options(tmp_path / "b.npz"))
        except UserError:
            refused += 1
    assert refused > 50
