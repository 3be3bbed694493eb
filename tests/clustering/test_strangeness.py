"""What is far from all others, what is there twice, and how clear kinds are."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter
from sklearn.neighbors import NearestNeighbors

from tfgmmgan.clustering import LinkClustering, strangeness
from tfgmmgan.clustering.clarity import neighbour_shares, runs_into
from tfgmmgan.clustering.nearest import nearest_rows
from tfgmmgan.clustering.strangeness import distances_to, duplicate_of, outlier_scores


def test_scores_by_hand(monkeypatch):
    monkeypatch.setattr(strangeness, "BLOCK", 2)
    rows = np.array([[0.0], [1.0], [2.0], [12.0]])
    neighbours = np.array([[1, 2], [0, 2], [1, 0], [2, 1]])
    own = distances_to(rows, rows, neighbours)
    np.testing.assert_allclose(own, [1.5, 1.0, 1.5, 10.5])
    np.testing.assert_allclose(outlier_scores(own, own, neighbours), [1.5 / 1.25, 1 / 1.5, 1.5 / 1.25, 10.5 / 1.25])
    copies = np.zeros(4)  # among copies a neighbourhood is no smaller than a tenth of the median
    assert np.isfinite(outlier_scores(own, copies, neighbours)).all()


def test_new_images_are_scored_as_those_of_the_fit_would_be(images, tiny_clusterer):
    clusterer = tiny_clusterer().fit(images)
    noise = np.random.default_rng(3).integers(0, 256, (2, 8, 8, 1), dtype=np.uint8)
    found = clusterer.score_outliers(np.concatenate([images[:5] ^ 1, noise]))
    assert (found[:5] < 1.5).all() and (found[5:] > 2).all()
    assert clusterer.outlier_scores_.shape == (24,) and np.median(clusterer.outlier_scores_) == pytest.approx(
        1, abs=0.1
    )
    rows = clusterer.describe(noise)
    search = NearestNeighbors(n_neighbors=5).fit(clusterer.rows_)
    distances, near = search.kneighbors(rows)
    expected = distances.mean(axis=1) / clusterer.distances_[near].mean(axis=1)
    np.testing.assert_allclose(found[5:], expected, rtol=1e-5)


def test_copies_are_found_and_pictures_that_are_merely_alike_are_not():
    rng = np.random.default_rng(0)
    smooth = np.kron(rng.integers(30, 220, (20, 4, 4, 3)), np.ones((8, 8, 1)))
    smooth = gaussian_filter(smooth, (0, 3, 3, 0)).astype(np.uint8)
    stored = io.BytesIO()
    Image.fromarray(smooth[3]).save(stored, "JPEG", quality=85)
    again = np.asarray(Image.open(stored))
    small = np.asarray(Image.fromarray(smooth[5]).resize((64, 64), Image.Resampling.BICUBIC).resize((32, 32)))
    brighter = np.clip(smooth[7].astype(int) + 25, 0, 255).astype(np.uint8)
    images = np.concatenate([smooth, again[None], small[None], smooth[3:4], brighter[None]])
    neighbours = nearest_rows(images.reshape(len(images), -1).astype(float), 5)
    found = duplicate_of(images, neighbours)
    expected = np.full(24, -1)
    expected[[20, 21, 22]] = 3, 5, 3
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(duplicate_of(images / 127.5 - 1, neighbours), expected)


def test_kinds_are_clear_where_neighbours_are_of_them():
    labels = np.array([0, 0, 1, 1, 2])
    neighbours = np.array([[1, 1], [0, 0], [3, 0], [2, 4], [3, 0]])
    shares = neighbour_shares(labels, neighbours, 4)
    np.testing.assert_allclose(shares, [[1, 0, 0, 0], [0.25, 0.5, 0.25, 0], [0.5, 0.5, 0, 0], [0, 0, 0, 0]])
    assert runs_into(shares[:3]) == [[], [0, 2], [0, 1]]
    assert runs_into(np.array([[0.8, 0.1, 0.1], [0.05, 0.75, 0.2], [0.16, 0.05, 0.79]])) == [[], [2], [0]]
    many = np.full((12, 12), 0.25 / 11)
    np.fill_diagonal(many, 0.75)
    assert runs_into(many)[3] == [0]  # none has a tenth: the one that has most


def test_three_clouds_two_of_which_touch():
    rng = np.random.default_rng(5)
    rows = np.concatenate([rng.normal(size=(150, 2)) + place for place in ([0, 0], [2.2, 0], [30, 0])])
    clusters = LinkClustering(3, random_state=0).fit(rows)
    shares = neighbour_shares(clusters.labels_, clusters.neighbors_, 3)
    far = clusters.labels_[-1]
    assert runs_into(shares)[far] == [] and shares[far, far] == 1
