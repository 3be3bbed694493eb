"""Learned patches: how much of each is where."""

import numpy as np
import pytest
from sklearn.metrics import pairwise_distances

from tfgmmgan.clustering.descriptors.hog import views
from tfgmmgan.clustering.descriptors.patches import LearnedPatches, Patches


def textures(rng, count, kinds):
    """Black images with a square of stripes, across or down, in the upper left or the lower right quarter."""
    images = np.zeros((count, 28, 28, 1), "f4")
    for image, kind in zip(images, kinds, strict=True):
        at = 1 if kind % 2 else 15
        stripes = (np.arange(12) % 4 < 2)[:, None] * np.ones(12) * rng.uniform(0.5, 1)
        image[at : at + 12, at : at + 12, 0] = stripes.T if kind // 2 else stripes
    return images + rng.normal(size=images.shape).astype("f4") * 0.005


def test_what_there_is_of_a_patch_is_as_the_paper_has_it():
    rng = np.random.default_rng(0)
    images = textures(rng, 60, np.arange(60) % 4)
    patches = LearnedPatches(images)
    found = patches(images[:3]).numpy().reshape(3, 4, 4, -1)
    assert found.shape[-1] == len(patches.centres) == 256
    for image, of_image in zip(images[:3, ..., 0], found, strict=True):
        near = np.zeros((23, 23, 256))
        for row in range(23):
            seen = np.stack([image[row : row + 6, column : column + 6].ravel() for column in range(23)])
            seen = (seen - seen.mean(axis=1, keepdims=True)) / np.sqrt(seen.var(axis=1, keepdims=True) + 0.01)
            distances = pairwise_distances((seen - patches.mean) @ patches.whitening, patches.centres)
            near[row] = np.maximum(distances.mean(axis=1, keepdims=True) - distances, 0)
        edges = [0, 6, 12, 18, 23]
        for row in range(4):
            for column in range(4):
                cell = near[edges[row] : edges[row + 1], edges[column] : edges[column + 1]]
                np.testing.assert_allclose(of_image[row, column] ** 2, cell.mean(axis=(0, 1)), atol=1e-3)


def test_whitened_patches_have_no_covariance_but_in_directions_without_any():
    rng = np.random.default_rng(1)
    images = rng.uniform(0, 1, (50, 28, 28, 1)).astype("f4")
    patches = LearnedPatches(images)
    seen = np.lib.stride_tricks.sliding_window_view(images[..., 0], (6, 6), axis=(1, 2)).reshape(-1, 36)
    seen = (seen - seen.mean(axis=1, keepdims=True)) / np.sqrt(seen.var(axis=1, keepdims=True) + 0.01)
    variances = np.linalg.eigvalsh(np.cov(((seen - patches.mean) @ patches.whitening).T))
    np.testing.assert_allclose(variances[0], 0, atol=1e-3)  # a patch's own mean was taken off
    np.testing.assert_allclose(variances[1:], 0.9, atol=0.06)


def test_images_of_one_texture_in_one_place_are_nearest():
    rng = np.random.default_rng(2)
    kinds = np.arange(80) % 4
    images = textures(rng, 80, kinds)
    rows = LearnedPatches(images)(images).numpy()
    distances = pairwise_distances(rows)
    np.fill_diagonal(distances, np.inf)
    assert (kinds[distances.argmin(axis=1)] == kinds).all()


@pytest.mark.parametrize("shape", [(8, 8), (4, 9)])
def test_small_and_empty_images_have_patches_too(shape):
    for images in (np.zeros((3, *shape, 1), "f4"), np.random.default_rng(0).uniform(0, 1, (3, *shape, 1)).astype("f4")):
        found = LearnedPatches(images)(images).numpy()
        assert len(found) == 3 and np.isfinite(found).all()


def test_both_views_learn_patches_of_their_own():
    images = 2 * textures(np.random.default_rng(3), 30, np.arange(30) % 4) - 1
    descriptor = Patches().fit(images)
    brightness = (images + 1) / 2
    for view, learned, part in zip(views(brightness), descriptor.learned_, descriptor.parts(images), strict=True):
        np.testing.assert_array_equal(learned.centres, LearnedPatches(np.asarray(view)).centres)
        np.testing.assert_allclose(part, learned(view), atol=1e-5)
    assert (descriptor.learned_[0].centres != descriptor.learned_[1].centres).any()
