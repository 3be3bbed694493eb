"""Images that look alike."""

import numpy as np

from tfgmmgan.likeness import nearest_images


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
