import zipfile

import numpy as np
import pytest
from PIL import Image

from tfgmmgan.cli.train import parse
from tfgmmgan.data import DataOptions, load
from tfgmmgan.data.toy import grid_centres
from tfgmmgan.utils.errors import Note, UserError


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
    (tmp_path / "empty" / "notes.txt").write_text("text")
    with pytest.raises(UserError, match=r"holds no images, but notes.txt \(no picture\)"):
        load("folder", options(tmp_path / "empty"))
    (tmp_path / "parts" / "train").mkdir(parents=True)
    (tmp_path / "parts" / "test").mkdir()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "parts" / "train" / "a.png")
    with pytest.raises(UserError, match="test holds no images"):
        load("folder", options(tmp_path / "parts"))


@pytest.mark.parametrize("memory_limit", [0, 100])
def test_a_folder_is_looked_at_once_whatever_lies_in_it(folder, memory_limit):
    """Sizes, orientation, channels and broken files: each has an answer that needs no second start."""
    rng = np.random.default_rng(0)
    for name, shape in (("grey", (9, 13)), ("large", (40, 50, 3))):
        Image.fromarray(rng.integers(0, 255, shape, dtype=np.uint8)).save(folder / "dogs" / f"{name}.png")
    (folder / "dogs" / "broken.png").write_bytes(b"\x89PNG broken")
    with pytest.warns(Note) as told:
        data = load("folder", options(folder, memory_limit=memory_limit))
    said = " ".join(str(note.message) for note in told)
    assert "sizes from 8x12 to 40x50 and are made 8x8; else say --data.image_size N" in said
    assert "2 passed over: no picture (1), damaged: no picture in it (1); cats/notes.txt for one" in said
    assert len(data.train) + len(data.test) == 22 and data.shape == (8, 8, 3)
    assert set(data.unreadable) == {"cats/notes.txt", "dogs/broken.png"}
    assert data.train.draw(30).shape == (20, 8, 8, 3)


def test_pictures_that_lie_on_their_side_are_of_the_size_that_is_seen(tmp_path):
    for number in range(4):
        Image.fromarray(np.full((8, 12, 3), 60 * number, np.uint8)).save(tmp_path / f"{number}.jpg")
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.fromarray(np.full((12, 8, 3), 9, np.uint8)).save(tmp_path / "turned.jpg", exif=turned)
    data = load("folder", options(tmp_path))
    assert data.shape == (8, 12, 3) and len(data.train) + len(data.test) == 5


def test_a_picture_whose_data_is_cut_short_is_passed_over(folder):
    whole = (folder / "dogs" / "00.png").read_bytes()
    (folder / "dogs" / "cut.png").write_bytes(whole[: len(whole) // 2])
    with pytest.warns(Note, match="2 passed over"):
        data = load("folder", options(folder))
    assert set(data.unreadable) == {"cats/notes.txt", "dogs/cut.png"} and len(data.train) + len(data.test) == 20


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


def test_a_folder_follows_links_once_and_says_what_it_passes_over(tmp_path):
    real = tmp_path / "elsewhere"
    real.mkdir()
    for number in range(4):
        Image.fromarray(np.full((8, 8), 60 * number, np.uint8)).save(real / f"{number}.png")
    photos = tmp_path / "photos"
    (photos / "raw").mkdir(parents=True)
    (photos / "a").symlink_to(real)
    (photos / "b").symlink_to(real)  # the same images again
    (photos / "raw" / "round").symlink_to(photos)
    (photos / "raw" / "1.heic").write_text("a photo of a phone")
    (photos / "2.png").symlink_to(real / "2.png")
    (photos / "gone.png").symlink_to(real / "gone.png")
    passed_over = (
        r"4 passed over: a folder that is read already \(2\), a link to nothing \(1\), needs pillow-heif to be read "
        r"\(1\); b for one. Nothing is read of b, raw, raw/round"
    )
    with pytest.warns(Note, match=passed_over) as told:
        data = load("folder", options(photos))
    assert len(data.train) + len(data.test) == 5 and len(told) == 1
    (photos / "2.png").unlink()
    with pytest.warns(Note):
        assert load("folder", options(photos)).class_names == ["a"]
    (photos / "raw" / "round").unlink()
    with pytest.raises(UserError, match=r"holds no images, but 1.heic \(needs pillow-heif"):
        load("folder", options(photos / "raw"))


@pytest.mark.parametrize(("train", "test"), [("train", "testing"), ("Training", "Validation"), ("TRAIN", "valid")])
def test_other_spellings_of_the_splits_of_a_folder(tmp_path, train, test):
    for name, count in ((train, 4), (test, 2), ("extra", 1)):
        (tmp_path / name).mkdir()
        for number in range(count):
            Image.fromarray(np.full((8, 8), 60 * number, np.uint8)).save(tmp_path / name / f"{number}.png")
    with pytest.warns(Note, match=f"has {train} and {test}; passed over: extra"):
        data = load("folder", options(tmp_path))
    assert (len(data.train), len(data.test)) == (4, 2)


def test_a_path_may_begin_with_the_home_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    for number in range(4):
        Image.fromarray(np.full((8, 8), 60 * number, np.uint8)).save(tmp_path / f"{number}.png")
    assert load("folder", DataOptions(path="~")).shape == (8, 8, 1)


@pytest.mark.parametrize("memory_limit", [0, 100])
def test_stored_masks_have_white_at_255(tmp_path, memory_limit):
    rng = np.random.default_rng(0)
    for number in range(10):
        Image.fromarray(rng.integers(0, 2, (8, 8), dtype=np.uint8)).save(tmp_path / f"{number}.png")
    with pytest.warns(Note, match="0 and 1 alone: 1 is taken for white"):
        data = load("folder", options(tmp_path, memory_limit=memory_limit))
    for split in (data.train, data.test):
        assert set(np.unique(split.draw(10))) == {0, 255}


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


def test_class_names_mean_what_they_say_in_a_shell_and_in_a_file(tmp_path):
    for name in ("01", "02", "03", "yes", "no", "$x"):
        (tmp_path / name).mkdir()
        for number in range(20):
            Image.fromarray(np.full((8, 8), 12 * number, np.uint8)).save(tmp_path / name / f"{number}.png")
    file = tmp_path / "classes.yaml"

    def names(option, text):
        file.write_text(f"data:\n  {option}: {text}\n")
        arguments = ["--model=gan", "--dataset=folder", f"--data.path={tmp_path}"]
        found = []
        for more in ([f"--data.{option}", text], ["--config", str(file)]):
            config, _, _ = parse([*arguments, *more], "train.py")
            with pytest.warns(Note):  # of the .yaml file
                found.append(load("folder", DataOptions(**config.group("data"))))
        assert found[0].class_names == found[1].class_names
        return found[0]

    assert names("classes", "[01, 02]").class_names == ["01", "02"]
    assert names("classes", "['02', '03']").class_names == ["02", "03"]
    assert names("classes", "[yes, no, $x]").class_names == ["yes", "no", "$x"]
    halved = names("class_fractions", "{no: 0.5}")
    counts = dict(zip(halved.class_names, np.bincount(halved.train.labels), strict=True))
    assert counts["no"] == pytest.approx(counts["yes"] / 2, abs=2)
