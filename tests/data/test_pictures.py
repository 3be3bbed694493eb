"""Folders as people have them: each readable file once, the others with a reason."""

import os

import numpy as np
import pytest
from PIL import Image

from tfgmmgan import Note, UserError
from tfgmmgan.data.pictures import read_pictures


def picture(path, size=(40, 36), mode="RGB", seed=0, **save):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    image = Image.fromarray(noise).convert(mode)
    image.save(path, **save)
    return path


@pytest.fixture
def messy(tmp_path):
    """A folder with most that is found in folders."""
    root = tmp_path / "My Photos"
    good = [
        picture(root / "a b.jpg"),
        picture(root / "übung" / "straße.png"),
        picture(root / "🍎.webp"),
        picture(root / "alpha.png", mode="RGBA"),
        picture(root / "palette.gif", mode="P"),
        picture(root / "grey.png", mode="L"),
        picture(root / "cmyk.jpg", mode="CMYK"),
        picture(root / "LOUD.JPG"),
        picture(root / "one.png", size=(1, 1)),
        picture(root / "huge.jpg", size=(3000, 2000)),
        picture(root / "no ending", format="PNG"),
        picture(root / "turned.jpg", exif=Image.Exif()),
    ]
    Image.fromarray((np.arange(1600).reshape(40, 40) * 40).astype(np.uint16)).save(root / "deep.png")
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    frames[0].save(root / "moving.gif", save_all=True, append_images=frames[1:])
    good += [root / "deep.png", root / "moving.gif"]
    (root / "empty.png").touch()
    (root / "notes.txt").write_text("not a picture")
    (root / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic")
    whole = (root / "a b.jpg").read_bytes()
    (root / "broken.jpg").write_bytes(whole[: len(whole) // 2])
    (root / "lying.png").write_bytes(b"nothing of the kind")
    os.symlink(root / "gone", root / "dangling.png")
    os.symlink(root, root / "übung" / "again")  # a circle
    picture(root / ".thumbnails" / "hidden.png")
    return root, sorted(path.relative_to(root).as_posix() for path in good)


def test_every_file_is_read_once_or_has_a_reason(messy):
    root, good = messy
    found = read_pictures([root])
    assert sorted(found.names) == good and len(found) == len(good)
    assert found.images.shape == (len(good), 32, 32, 3) and found.images.dtype == np.uint8
    assert set(found.unreadable) == {
        *("empty.png", "notes.txt", "phone.heic", "broken.jpg", "lying.png", "dangling.png", "übung/again"),
    }
    reasons = found.unreadable
    assert reasons["empty.png"] == "empty: 0 bytes" and reasons["notes.txt"] == "no picture"
    assert reasons["phone.heic"] == "needs pillow-heif to be read" and reasons["dangling.png"] == "a link to nothing"
    assert reasons["übung/again"] == "a folder that is read already"
    assert "truncated" in reasons["broken.jpg"] and reasons["lying.png"] == "damaged: no picture in it"
    assert [str(root / name) for name in found.names] == found.originals.paths.tolist()


@pytest.mark.parametrize(
    ("sizes", "side"), [([(28, 28)] * 3, 28), ([(8, 9)] * 3, 8), ([(4, 4)] * 3, 8), ([(30, 500)] * 3, 32)]
)
def test_the_side_is_that_of_the_pictures(sizes, side, tmp_path):
    for number, size in enumerate(sizes):
        picture(tmp_path / f"{number}.png", size, seed=number)
    assert read_pictures([tmp_path]).images.shape[1:] == (side, side, 3)


def test_grey_ones_have_one_channel(tmp_path):
    for number in range(4):
        picture(tmp_path / f"{number}.png", mode="L", seed=number)
    found = read_pictures([tmp_path])
    assert found.images.shape == (4, 32, 32, 1) and found.originals.options.channels == 1
    assert next(found.originals.batches(16)).shape == (4, 16, 16, 1)
    expected = np.asarray(
        Image.open(tmp_path / "0.png").crop((2, 0, 38, 36)).resize((32, 32), Image.Resampling.BICUBIC)
    )
    np.testing.assert_allclose(found.images[0, ..., 0].astype(int), expected, atol=1)
    picture(tmp_path / "one in colour.png")
    assert read_pictures([tmp_path]).images.shape[-1] == 3


def test_files_and_folders_and_a_shape(messy, tmp_path):
    root, _ = messy
    single = picture(tmp_path / "single.png")
    found = read_pictures([root / "übung", single], (16, 16, 1))
    assert found.images.shape == (len(found), 16, 16, 1)
    assert single.as_posix() in found.names and f"{root.as_posix()}/übung/straße.png" in found.names
    assert len(set(found.names)) == len(found.names)


def test_pictures_need_not_be_square(tmp_path):
    for number, size in enumerate([(40, 20), (24, 16)]):
        Image.new("RGB", size, (200, 10 * number, 0)).save(tmp_path / f"{number}.png")
    pictures = read_pictures([tmp_path], (8, 12, 3))
    assert pictures.images.shape == (2, 8, 12, 3) and not pictures.unreadable
    assert [image[4, 6].tolist() for image in pictures.images] == [[200, 0, 0], [200, 10, 0]]


def test_nothing_to_be_read(tmp_path):
    with pytest.raises(UserError, match=r"There is no file or folder .*nowhere"):
        read_pictures([tmp_path / "nowhere"])
    with pytest.raises(UserError, match=r"There is no picture in .*: no file"):
        read_pictures([tmp_path])
    (tmp_path / "a.txt").write_text("text")
    with pytest.raises(UserError, match=r"There is no picture in .*: 1 files, such as a.txt \(no picture\)"):
        read_pictures([tmp_path])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into any folder")
def test_a_locked_folder_is_told(tmp_path):
    picture(tmp_path / "a.png")
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0)
    with pytest.warns(Note, match="locked can't be looked into"):
        assert read_pictures([tmp_path]).names == ["a.png"]
    locked.chmod(0o700)
