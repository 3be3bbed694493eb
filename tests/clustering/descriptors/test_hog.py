"""Directions of edges, and objects brought to one size or set upright."""

import keras
import numpy as np

from tfgmmgan.clustering import HOG
from tfgmmgan.clustering.descriptors.hog import deskewed, edge_histograms, framed


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
    assert np.isfinite(edge_histograms(images)).all()


def blot(lean, height=20, at=(3, 9)):
    """A bar five columns wide whose rows move by `lean` columns each."""
    image = np.zeros((28, 28), "f4")
    for row in range(height):
        start = at[1] + lean * row
        columns = np.arange(28)
        image[at[0] + row] = np.clip(np.minimum(columns - start + 0.5, start + 5 - columns + 0.5), 0, 1)
    return image[..., None]


def test_what_leans_is_set_upright_and_stays_where_it_is():
    leaning = np.stack([blot(lean, at=(3, 12 - 10 * lean)) for lean in (-0.5, 0.0, 0.3, 0.6)])
    straight = deskewed(leaning).numpy()
    for image in straight[..., 0]:
        rows, columns = np.mgrid[:28, :28]
        covariance = np.cov(rows.ravel(), columns.ravel(), aweights=image.ravel(), bias=True)
        assert abs(covariance[0, 1] / covariance[0, 0]) < 0.02
        assert np.abs(image - straight[1, ..., 0]).mean() < 0.02
    np.testing.assert_allclose(straight.sum(axis=(1, 2, 3)), leaning.sum(axis=(1, 2, 3)), rtol=0.02)


def test_what_lies_flat_is_sheared_by_45_degrees_at_most_and_nothing_stays_nothing():
    flat = np.zeros((2, 28, 28, 1), "f4")
    for row in range(12, 16):
        flat[0, row, 2 + 6 * (row - 12) : 8 + 6 * (row - 12)] = 1
    sheared = deskewed(flat).numpy()
    rows, columns = np.mgrid[:28, :28]
    before, after = (
        np.cov(rows.ravel(), columns.ravel(), aweights=image[0].ravel(), bias=True) for image in (flat, sheared)
    )
    np.testing.assert_allclose(after[0, 1] / after[0, 0], before[0, 1] / before[0, 0] - 1, atol=0.05)
    np.testing.assert_array_equal(sheared[1], flat[1])


def test_small_images_are_enlarged_to_24_pixels_and_others_are_not():
    small = np.random.default_rng(0).uniform(-1, 1, (3, 8, 8, 1)).astype("f4")
    by_hand = keras.ops.image.resize(small, (24, 24), "bilinear")
    for deskew in (False, True):
        for part, expected in zip(HOG(deskew).parts(small), HOG(deskew).parts(by_hand), strict=True):
            assert part.shape == (3, 6 * 6 * 8)
            np.testing.assert_allclose(part, expected, atol=1e-3)
    assert HOG().parts(np.zeros((3, 28, 12, 1), "f4"))[0].shape == (3, 7 * 6 * 8)
    assert HOG().parts(np.zeros((3, 28, 32, 3), "f4"))[0].shape == (3, 7 * 8 * 8)
