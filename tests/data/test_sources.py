import numpy as np
import pytest
from PIL import Image

from tfgmmgan.data import DataOptions, load
from tfgmmgan.data.toy import grid_centres
from tfgmmgan.utils.errors import UserError


@pytest.fixture
def folder(tmp_path):
    """Two classes of ten 12x8 colour images, a hidden file and a text file."""
    rng = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (tmp_path / name).mkdir()
        for number in range(10):
            pixels = rng.integers(0, 255, (8, 12, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{number:02d}.png")
    (tmp_path / "cats" / ".hidden.png").write_text("no image")
    (tmp_path / "cats" / "notes.txt").write_text("no image")
    return tmp_path


def options(path, **kwargs):
    return DataOptions(path=str(path), **kwargs)


def test_digits():
    data = load("digits")
    assert data.train.examples.shape == (1438, 8, 8, 1) and data.test.examples.shape == (359, 8, 8, 1)
    assert data.train.examples.max() == 255 and data.train.examples.min() == 0
    assert set(data.test.labels) == set(range(10)) and len(data.class_names) == 10
    np.testing.assert_array_equal(data.train.examples, load("digits").train.examples)


@pytest.mark.parametrize(("name", "modes", "std"), [("toy3x3", 9, np.sqrt(0.1)), ("toy5x5", 25, 0.05)])
def test_toys(name, modes, std):
    data = load(name)
    assert data.shape == (2,) and not data.is_image and len(data.class_names) == modes
    for label in range(modes):
        points = data.train.examples[data.train.labels == label]
        np.testing.assert_allclose(points.std(0), std, rtol=0.15)
    centre = data.train.examples[data.train.labels == modes - 1].mean(0)
    np.testing.assert_allclose(centre, grid_centres(int(np.sqrt(modes)), {9: 1.0, 25: 2.0}[modes])[-1], atol=0.05)


def test_folder_with_classes(folder):
    data = load("folder", options(folder, image_size=8, test_fraction=0.2))
    assert data.train.examples.shape == (16, 8, 8, 3) and data.test.examples.shape == (4, 8, 8, 3)
    assert data.class_names == ["cats", "dogs"]
    assert np.bincount(np.concatenate([data.train.labels, data.test.labels])).tolist() == [10, 10]


def test_folder_crop(folder):
    stored = np.asarray(Image.open(folder / "cats" / "00.png"))
    cropped = load("folder", options(folder, image_size=8))
    squeezed = load("folder", options(folder, image_size=8, crop="none"))
    everything = np.concatenate([cropped.train.examples, cropped.test.examples])
    assert any((image == stored[:, 2:10]).all() for image in everything)
    assert (cropped.train.examples != squeezed.train.examples).any()


def test_folder_without_classes_and_with_splits(folder):
    flat = load("folder", options(folder / "cats", test_fraction=0.3))
    assert flat.train.labels is None and flat.shape == (8, 12, 3) and len(flat.test) == 3
    (folder / "cats").rename(folder / "train")
    (folder / "dogs").rename(folder / "test")
    split = load("folder", options(folder))
    assert (len(split.train), len(split.test), split.train.labels) == (10, 10, None)


def test_folder_streams_what_does_not_fit(folder):
    held = load("folder", options(folder, image_size=8))
    streamed = load("folder", options(folder, image_size=8, memory_limit=0))
    assert streamed.train.examples is None
    np.testing.assert_array_equal(streamed.train.take(5), held.train.examples[:5])
    np.testing.assert_array_equal(streamed.train.labels, held.train.labels)
    batches = np.concatenate(list(streamed.test.batches(1).as_numpy_iterator()))
    np.testing.assert_array_equal(batches, held.test.examples)


def test_grey_folder_and_channels(tmp_path):
    for number in range(4):
        Image.fromarray(np.full((8, 8), 60 * number, np.uint8)).save(tmp_path / f"{number}.png")
    assert load("folder", options(tmp_path)).shape == (8, 8, 1)
    assert load("folder", options(tmp_path, channels=3)).shape == (8, 8, 3)


def test_folder_errors(folder, tmp_path):
    with pytest.raises(UserError, match=r"needs --data.path"):
        load("folder")
    with pytest.raises(UserError, match="There is no folder"):
        load("folder", options(tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no images"):
        load("folder", options(tmp_path / "empty"))
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(folder / "dogs" / "small.png")
    with pytest.raises(UserError, match=r"small.png is 4x4 with 3 channels, the first image is 8x12 .*image_size"):
        load("folder", options(folder))
    (folder / "dogs" / "zzz.png").write_bytes(b"\x89PNG broken")
    with pytest.raises(UserError, match=r"zzz.png can't be read as an image"):
        load("folder", options(folder, image_size=8))


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


def test_folder_held_out_by_another_name_and_train_alone(folder):
    (folder / "train").mkdir()
    for name in ("cats", "dogs"):
        (folder / name).rename(folder / "train" / name)
    alone = load("folder", options(folder, image_size=8, test_fraction=0.2))
    assert (len(alone.train), len(alone.test)) == (16, 4) and alone.class_names == ["cats", "dogs"]
    (folder / "val" / "cats").mkdir(parents=True)
    (folder / "train" / "cats" / "00.png").rename(folder / "val" / "cats" / "00.png")
    split = load("folder", options(folder, image_size=8))
    assert (len(split.train), len(split.test)) == (19, 1) and split.class_names == ["cats", "dogs"]


def test_labels_of_the_test_split_alone(tmp_path, images):
    np.savez(tmp_path / "a.npz", x_train=images, x_test=images[:6], y_test=np.arange(6) % 4)
    data = load("arrays", options(tmp_path / "a.npz"))
    assert data.train.labels is None and data.class_names == ["0", "1", "2", "3"]


@pytest.mark.parametrize("labels", [[0, -1, 0, 0], [0, 0, 0, 10_000_000]])
def test_labels_out_of_range(tmp_path, labels):
    np.savez(tmp_path / "a.npz", images=np.zeros((4, 8, 8), np.uint8), labels=labels)
    with pytest.raises(UserError, match=f"from 0 to 65535 at most; got {min(labels)} to {max(labels)}.*return_inverse"):
        load("arrays", options(tmp_path / "a.npz"))


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
