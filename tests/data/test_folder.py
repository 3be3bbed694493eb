"""A folder of images, however people have them."""

import numpy as np
import pytest
from PIL import Image

from tfgmmgan.cli.train import parse
from tfgmmgan.data import DataOptions, load
from tfgmmgan.utils.errors import Note, UserError


def options(path, **kwargs):
    return DataOptions(path=str(path), **kwargs)


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
