"""Images that look alike."""

import numpy as np
import pytest

from tfgmmgan.data.scaling import to_float
from tfgmmgan.likeness import Looks, edge_histograms, framed, nearest_images, outlines


def nearest_by_pixels(images, count):
    rows = images.reshape(len(images), -1).astype(float)
    distances = ((rows[:, None] - rows[None]) ** 2).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    return distances.argsort(axis=1)[:, :count]


def test_small_images_are_compared_pixel_by_pixel():
    images = np.random.default_rng(0).integers(0, 256, (30, 6, 6, 1), dtype=np.uint8)
    np.testing.assert_array_equal(nearest_images(images, 4), nearest_by_pixels(images, 4))


def test_large_images_are_compared_at_32_pixels(monkeypatch):
    monkeypatch.setattr("tfgmmgan.likeness.BLOCK", 7)
    rng = np.random.default_rng(1)
    coarse = rng.uniform(-0.5, 0.5, (20, 32, 32, 3)).astype("f4")
    checks = 0.4 * np.where(np.add.outer(np.arange(64), np.arange(64)) % 2, 1.0, -1.0)[None, :, :, None]
    signs = rng.choice([-1.0, 1.0], 20)[:, None, None, None]
    images = (coarse.repeat(2, axis=1).repeat(2, axis=2) + signs * checks).astype("f4")  # whose mean is the coarse one
    found = nearest_images(images, 3)
    np.testing.assert_array_equal(found, nearest_by_pixels(coarse, 3))
    assert (found != nearest_by_pixels(images, 3)).any()


def test_of_few_images_all_others_are_near():
    images = np.random.default_rng(2).uniform(-1, 1, (3, 4, 4, 1)).astype("f4")
    found = nearest_images(images, 5)
    assert [sorted(row) for row in found.tolist()] == [[1, 2], [0, 2], [0, 1]]


def bars(angles, brightness=1.0, size=28):
    """A bright bar through the middle of black images, at angles in radians."""
    at = np.arange(size) - (size - 1) / 2
    away = np.abs(np.cos(angles)[:, None, None] * at[:, None] - np.sin(angles)[:, None, None] * at)
    near = at[:, None] ** 2 + at**2 < 100
    return (2 * brightness * ((away < 2.5) & near) - 1).astype("f4")[..., None]


def test_a_ramp_s_direction_is_shared_by_the_two_bins_around_it():
    at = np.linspace(0, 0.4, 12)
    for angle in (0.1, 0.9, 2.0, 3.0, -0.5):
        ramp = 0.5 + np.cos(angle) * at + np.sin(angle) * at[:, None]
        histograms = edge_histograms(ramp[None, :, :, None].astype("f4")).numpy().reshape(3, 3, 8)
        inner = histograms[1, 1] ** 2 / (histograms[1, 1] ** 2).sum()
        place = angle / np.pi * 8 % 8
        expected = np.zeros(8)
        expected[int(place)], expected[(int(place) + 1) % 8] = 1 - place % 1, place % 1
        np.testing.assert_allclose(inner, expected, atol=1e-3)
        np.testing.assert_allclose((histograms**2).sum(), 1, atol=1e-3)


def test_outlines_are_the_same_in_any_brightness():
    angles = np.linspace(0, 3, 7)
    for bright, dark in zip(outlines(bars(angles)), outlines(bars(angles, 0.4)), strict=True):
        np.testing.assert_allclose(bright, dark, atol=1e-3)


def test_what_is_framed_fills_the_image_wherever_and_however_large_it_was():
    shape = np.kron([[1, 0, 1], [1, 1, 0], [0, 1, 1]], np.ones((4, 4)))
    image = np.zeros((2, 32, 32, 1), "f4")
    image[0, 3:15, 12:24, 0] = shape
    image[1, 2:26, 8:20, 0] = shape.repeat(2, axis=0)
    small, tall = framed(image).numpy()[..., 0]
    rows = np.linspace(3, 14, 32)
    expected = np.array([[image[0, round(r), round(c), 0] for c in rows + 9] for r in rows])
    assert np.abs(small - expected).mean() < 0.1  # bilinear, so edges are soft
    assert np.abs(small - tall).mean() < 0.1


def test_an_image_with_nothing_in_it_is_left_as_it_is_and_full_ones_too():
    images = np.stack([np.zeros((6, 5, 1)), np.random.default_rng(0).uniform(0.2, 1, (6, 5, 1))]).astype("f4")
    np.testing.assert_allclose(framed(images), images, atol=1e-6)
    assert np.isfinite(outlines(2 * images - 1)[0]).all()


@pytest.mark.parametrize("by", ["pixels", "outlines"])
def test_other_images_are_compared_as_those_were(by, monkeypatch):
    monkeypatch.setattr("tfgmmgan.likeness.BLOCK", 7)
    images = np.random.default_rng(3).integers(0, 256, (40, 9, 10, 3), dtype=np.uint8)
    looks = Looks(images, by)
    np.testing.assert_allclose(looks(to_float(images)), looks.rows, atol=1e-3)
    assert looks.rows.shape[1] == (40 if by == "pixels" else 80)


def test_bars_of_one_angle_are_nearest_by_outlines_and_of_one_brightness_by_pixels():
    angles, dim = np.repeat([0.2, 1.0, 1.8, 2.6], 4), np.tile([1.0, 1.0, 0.2, 0.2], 4)
    images = np.concatenate([bars(np.array([a]), b) for a, b in zip(angles, dim, strict=True)])
    images += np.random.default_rng(4).normal(size=images.shape).astype("f4") * 0.005
    images = np.clip(images, -1, 1)
    by_outlines = angles[nearest_images(images, 3, "outlines")]
    assert (by_outlines == angles[:, None]).mean() > 0.9
    by_pixels = dim[nearest_images(images, 3)]
    assert (by_pixels == dim[:, None])[dim == 0.2].all()
