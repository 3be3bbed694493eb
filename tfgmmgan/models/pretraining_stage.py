"""One stage of pretraining, and what it needs that a trained model does not."""

import keras
import numpy as np
import tensorflow as tf

from tfgmmgan.models.terms import STAGES
from tfgmmgan.networks.cluster_heads import ClusterHeads
from tfgmmgan.networks.fused_adam import FusedAdam

__all__ = ["OTHER_ENCODING", "Encoding", "Stage"]

OTHER_ENCODING = 1000  # between the numbers of two encodings' stages: more than there are rounds of refinement


class Encoding:
    """What C's encoding was after one training of heads, with these: (n, *data_shape) -> votes (n, H, outputs)."""

    def __init__(self, networks: list[keras.Model], heads: ClusterHeads) -> None:
        self.networks = networks  # from examples to C's logits, the last one with a trunk
        self.heads = heads

    def __call__(self, examples: tf.Tensor) -> tf.Tensor:
        """Return the heads' votes on examples in [-1, 1]."""
        for network in self.networks[:-1]:
            examples = network(examples, training=False)
        return self.heads(self.networks[-1].trunk(examples, training=False))


class Stage:
    """What pretraining needs and a trained model does not: kept where Keras neither saves nor counts it."""

    def __init__(self, name: str, heads: ClusterHeads, number: int = 0, learning_rate: float | None = None) -> None:
        self.name = name
        self.heads = heads
        self.number = number  # of the round, or of the other encoding times OTHER_ENCODING
        self.learning_rate = learning_rate  # at its start, where it is not the one that stages of this name have
        self.steps = 1
        self.optimizer: FusedAdam | None = None
        self.others: list[Encoding] = []  # which vote beside C's own
        self.groups: tuple[tf.Tensor, tf.Tensor] | None = None  # by votes: centres (M, votes), clusters (M,)
        self.clusters: np.ndarray | None = None  # by looks: of the examples, (n,)
        self.teacher: list[keras.Model] = []  # copies of the networks from examples to C's logits

    @property
    def place(self) -> int:
        """A number that no other stage has, and its random numbers come from."""
        return STAGES.index(self.name) + self.number

    def cluster_of(self, examples: tf.Tensor, votes: tf.Tensor) -> tf.Tensor:
        """Return the cluster of the group whose centre is nearest to the votes on an example.

        Args:
            examples: (n, *data_shape) in [-1, 1], on which the other encodings vote.
            votes: (n, H, outputs) of C's own encoding.

        Returns:
            (n,) integers below K.
        """
        votes = tf.concat([*(other(examples) for other in self.others), votes], axis=1)
        rows = tf.reshape(votes, [tf.shape(votes)[0], -1])
        centres, clusters = self.groups
        distance = tf.reduce_sum(centres**2, axis=1) - 2 * tf.matmul(rows, centres, transpose_b=True)
        return tf.gather(clusters, tf.argmin(distance, axis=1))

    def taught(self, examples: tf.Tensor) -> tf.Tensor:
        """Return the teacher's clusters of examples, (n,)."""
        for network in self.teacher:
            examples = network(examples, training=False)
        return tf.argmax(examples, axis=1)
