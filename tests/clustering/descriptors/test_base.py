"""Images that look alike."""

import numpy as np
import pytest

from tfgmmgan.data.scaling import to_float
from tfgmmgan.likeness import LOOKS, Looks, nearest_rows, outlines


def nearest_by_pixels(images, count):
    rows = images.reshape(len(images), -1).astype(float)
    distances = ((rows[:, None] - rows[None]) ** 2).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    return distances.argsort(axis=1)[:, :count]


def test_small_images_are_compared_pixel_by_pixel():
    images = np.random.default_rng(0).integers(0, 256, (30, 6, 6, 1), dtype=np.uint8)
    np.testing.assert_array_equal(nearest_rows(Looks(images).rows, 4), nearest_by_pixels(images, 4))


def test_large_images_are_compared_at_32_pixels(monkeypatch):
    monkeypatch.setattr("tfgmmgan.likeness.BLOCK", 7)
    rng = np.random.default_rng(1)
    coarse = rng.uniform(-0.5, 0.5, (20, 32, 32, 3)).astype("f4")
    checks = 0.4 * np.where(np.add.outer(np.arange(64), np.arange(64)) % 2, 1.0, -1.0)[None, :, :, None]
    signs = rng.choice([-1.0, 1.0], 20)[:, None, None, None]
    images = (coarse.repeat(2, axis=1).repeat(2, axis=2) + signs * checks).astype("f4")  # whose mean is the coarse one
    found = nearest_rows(Looks(images).rows, 3)
    np.testing.assert_array_equal(found, nearest_by_pixels(coarse, 3))
    assert (found != nearest_by_pixels(images, 3)).any()


def test_of_few_images_all_others_are_near():
    images = np.random.default_rng(2).uniform(-1, 1, (3, 4, 4, 1)).astype("f4")
    found = nearest_rows(Looks(images).rows, 5)
    assert [sorted(row) for row in found.tolist()] == [[1, 2], [0, 2], [0, 1]]


def bars(angles, brightness=1.0, size=28):
    """A bright bar through the middle of black images, at angles in radians."""
    at = np.arange(size) - (size - 1) / 2
    away = np.abs(np.cos(angles)[:, None, None] * at[:, None] - np.sin(angles)[:, None, None] * at)
    near = at[:, None] ** 2 + at**2 < 100
    return (2 * brightness * ((away < 2.5) & near) - 1).astype("f4")[..., None]


def test_outlines_are_the_same_in_any_brightness():
    angles = np.linspace(0, 3, 7)
    for bright, dark in zip(*map(outlines(None), (bars(angles), bars(angles, 0.4))), strict=True):
        np.testing.assert_allclose(bright, dark, atol=1e-3)


@pytest.mark.parametrize("by", LOOKS)
def test_other_images_are_compared_as_those_were(by, monkeypatch):
    monkeypatch.setattr("tfgmmgan.likeness.BLOCK", 7)
    images = np.random.default_rng(3).integers(0, 256, (40, 9, 10, 3), dtype=np.uint8)
    looks = Looks(images, by)
    np.testing.assert_allclose(looks(to_float(images)), looks.rows, atol=1e-3)
    parts = {"pixels": 1, "outlines": 2, "upright_outlines": 2, "outlines_and_patches": 4}
    assert looks.rows.shape[1] == 40 * parts[by]
    if parts[by] > 1:
        sizes = (looks.rows**2).mean(axis=0).reshape(-1, 40).sum(axis=1)
        np.testing.assert_allclose(sizes, 1, rtol=0.05)


@pytest.mark.parametrize("by", LOOKS)
def test_components_sought_in_some_of_the_images_serve_them_all(by, monkeypatch):
    images = np.random.default_rng(5).integers(0, 256, (60, 8, 8, 1), dtype=np.uint8)
    monkeypatch.setattr("tfgmmgan.likeness.LEARNED_FROM", 20)
    monkeypatch.setattr("tfgmmgan.likeness.FITTED", 1)
    looks = Looks(images, by)
    assert looks.rows.shape[0] == 60 and np.isfinite(looks.rows).all()
    assert all(directions.shape[1] == 2 for _, directions in looks.projections)


def test_bars_of_one_angle_are_nearest_by_outlines_and_of_one_brightness_by_pixels():
    angles, dim = np.repeat([0.2, 1.0, 1.8, 2.6], 4), np.tile([1.0, 1.0, 0.2, 0.2], 4)
    images = np.concatenate([bars(np.array([a]), b) for a, b in zip(angles, dim, strict=True)])
    images += np.random.default_rng(4).normal(size=images.shape).astype("f4") * 0.005
    images = np.clip(images, -1, 1)
    by_outlines = angles[nearest_rows(Looks(images, "outlines").rows, 3)]
    assert (by_outlines == angles[:, None]).mean() > 0.9
    by_pixels = dim[nearest_rows(Looks(images).rows, 3)]
    assert (by_pixels == dim[:, None])[dim == 0.2].all()
