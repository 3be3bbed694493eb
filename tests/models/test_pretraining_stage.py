"""One stage of pretraining: what it takes the images to be."""

import numpy as np
import tensorflow as tf

from tfgmmgan.models.pretraining_stage import Stage
from tfgmmgan.networks.cluster_heads import ClusterHeads


def test_an_image_is_of_the_cluster_of_the_nearest_group():
    rng = np.random.default_rng(0)
    stage = Stage("agreement", ClusterHeads(3, 4))
    centres, clusters = rng.random((6, 12)), np.array([0, 1, 2, 3, 0, 1])
    stage.groups = tf.constant(centres, tf.float32), tf.constant(clusters)
    votes = rng.random((50, 3, 4)).astype("float32")
    nearest = ((votes.reshape(50, 1, 12) - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
    np.testing.assert_array_equal(stage.cluster_of(None, tf.constant(votes)), clusters[nearest])
    stage.others = [lambda examples: examples[:, :2], lambda examples: examples[:, 2:]]
    own, examples = tf.constant(votes[:, :1]), tf.constant(np.roll(votes, -1, axis=1))
    with_others = np.concatenate([votes[:, 1:], votes[:, :1], votes[:, :1]], axis=1).reshape(50, 1, 16)
    centres = rng.random((6, 16))
    stage.groups = tf.constant(centres, tf.float32), tf.constant(clusters)
    nearest = ((with_others - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
    np.testing.assert_array_equal(stage.cluster_of(examples, own), clusters[nearest])
