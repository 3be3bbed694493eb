import numpy as np
import pytest

from tfgmmgan.data.checks import check_examples
from tfgmmgan.utils.errors import UserError

GREY = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 1), dtype=np.uint8)
MASK = GREY > 128


def followed(images: np.ndarray, advice: str) -> np.ndarray:
    """What a person gets who follows the error's advice."""
    with pytest.raises(UserError) as told:
        check_examples(images, "x", learned=True)
    assert advice in str(told.value)
    return check_examples(eval(advice, {"images": images}), "x", learned=True)


@pytest.mark.parametrize(
    ("images", "advice"),
    [
        (MASK.astype(np.uint8), "images * 255"),
        (MASK.astype(np.int64), "(images * 255).astype('uint8')"),
        (GREY.astype(np.float32), "images.astype('uint8')"),
        (GREY.astype(np.int32), "images.astype('uint8')"),
        (GREY.astype(np.uint16), "images.astype('uint8')"),
        (GREY.astype(np.uint16) * 257, "(images / 65535 * 255).astype('uint8')"),
        (GREY.astype(np.uint16) * 16 + GREY // 16, "(images / 4095 * 255).astype('uint8')"),
        (GREY.astype(np.float64) / 255, "images * 2 - 1"),
        (GREY / 255 * 1e30, "(images / 1e+30 * 255).astype('uint8')"),
    ],
)
def test_the_advice_gives_the_right_images(images, advice):
    found = followed(images, advice)
    black_and_white = MASK if images.max() == 1 and images.dtype.kind != "f" else None
    expected = GREY if black_and_white is None else np.where(MASK, 255, 0)
    if found.dtype != np.uint8:
        found = (found + 1) * 127.5
    np.testing.assert_allclose(found, expected, atol=1)


def test_bool_is_black_and_white():
    np.testing.assert_array_equal(check_examples(MASK, "x"), np.where(MASK, 255, 0))


def test_what_is_bright_or_black_may_be_asked_about():
    bright = np.linspace(0.1, 0.9, 64, dtype=np.float32).reshape(1, 8, 8, 1)
    np.testing.assert_array_equal(check_examples(bright, "x"), bright)
    with pytest.raises(UserError, match=r"give images \* 2 - 1"):
        check_examples(bright, "x", learned=True)
    with pytest.raises(UserError, match=r"give images \* 2 - 1"):
        check_examples(bright - bright.min(), "x")
    for value in (0.0, -1.0):
        assert check_examples(np.full((2, 8, 8, 1), value), "x", learned=True).dtype == np.float32
    assert check_examples(np.zeros((2, 8, 8, 1), np.uint8), "x").max() == 0


def test_points_are_what_they_are():
    points = np.array([[0.0, 1.0], [200.0, -3.0]])
    np.testing.assert_array_equal(check_examples(points, "x", learned=True), points)
