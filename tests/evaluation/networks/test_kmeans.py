import numpy as np

from tfgmmgan.data import Split
from tfgmmgan.evaluation import accuracy
from tfgmmgan.evaluation.networks.kmeans import kmeans_clusters


def test_kmeans_finds_what_is_far_apart():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 20)
    points = (10 * labels[:, None] + rng.standard_normal((60, 2))).astype(np.float32)
    split = Split(60, labels, points)
    assert accuracy(labels, kmeans_clusters(split, [split], 3)[0]) == 1
