import numpy as np
import tensorflow as tf

from tfgmmgan.networks import NETWORKS
from tfgmmgan.networks.chain import copy_of


def test_a_copy_says_the_same_and_has_weights_of_its_own():
    network = NETWORKS["dcgan"].generator((8, 8, 1), width=0.1)
    z = tf.random.stateless_normal([3, 5], [0, 1])
    network(z, training=True)  # so that its running statistics are not those of a new one
    copy = copy_of(network, z)
    expected = network(z).numpy()
    np.testing.assert_array_equal(copy(z), expected)
    for weight in network.weights:
        weight.assign(weight + 1)
    np.testing.assert_array_equal(copy(z), expected)
