import numpy as np
import pytest
from PIL import Image

from tfgmmgan.data import DataOptions
from tfgmmgan.data.images import read_image, resize_image
from tfgmmgan.utils.errors import UserError

RAMP = (np.arange(64, dtype=np.uint16) * 1000).reshape(8, 8)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_keep_their_upper_eight(tmp_path, suffix):
    Image.fromarray(RAMP).save(tmp_path / f"a.{suffix}")
    image = read_image(tmp_path / f"a.{suffix}", DataOptions())
    assert image.shape == (8, 8, 1)
    np.testing.assert_array_equal(image[..., 0], RAMP // 256)


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_thirty_two_bits_are_refused(tmp_path, dtype):
    Image.fromarray(RAMP.astype(dtype)).save(tmp_path / "a.tif")
    with pytest.raises(UserError, match="32 bits a pixel"):
        read_image(tmp_path / "a.tif", DataOptions())


def test_a_photo_is_turned_as_it_was_taken(tmp_path):
    pixels = np.zeros((8, 16, 3), np.uint8)
    pixels[:, :8] = 255  # bright on the left
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter, clockwise
    Image.fromarray(pixels).save(tmp_path / "a.jpg", exif=exif, quality=95)
    image = read_image(tmp_path / "a.jpg", DataOptions())
    assert image.shape == (16, 8, 3)
    assert image[:6].min() > 200 and image[-6:].max() < 60


@pytest.mark.parametrize(("mode", "channels"), [("LA", 1), ("RGBA", 3)])
def test_what_is_transparent_is_black_and_grey_stays_grey(tmp_path, mode, channels):
    pixels = np.full((8, 8, channels + 1), 200, np.uint8)
    pixels[:4, :, -1] = 0
    pixels[4:, :, -1] = 255
    Image.fromarray(pixels, mode).save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png", DataOptions())
    assert image.shape == (8, 8, channels)
    assert (image[:4] == 0).all() and (image[4:] == 200).all()


def test_a_transparent_colour_of_a_palette(tmp_path):
    image = Image.new("P", (8, 8), 1)
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.paste(0, (0, 0, 8, 4))
    image.save(tmp_path / "a.gif", transparency=0)
    found = read_image(tmp_path / "a.gif", DataOptions())
    assert (found[:4] == 0).all() and (found[4:] == [0, 255, 0]).all()


@pytest.mark.parametrize(
    ("size", "middle"), [((8, 16), (0, 8, 64, 40)), ((16, 8), (20, 0, 44, 48)), (12, (8, 0, 56, 48))]
)
def test_the_middle_of_the_proportions_asked_for_is_cut_out(size, middle):
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8))
    height, width = (size, size) if isinstance(size, int) else size
    expected = np.asarray(image.crop(middle).resize((width, height), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(resize_image(image, DataOptions(), size), expected)
    squeezed = np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(resize_image(image, DataOptions(crop="none"), size), squeezed)


def test_a_picture_of_one_pixel_has_every_shape():
    image = Image.new("RGB", (1, 1), (9, 8, 7))
    assert (resize_image(image, DataOptions(), (8, 32)) == [9, 8, 7]).all()
